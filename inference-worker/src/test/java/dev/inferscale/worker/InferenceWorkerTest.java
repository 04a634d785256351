package dev.inferscale.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.inferscale.launch.ConfigReader;
import dev.inferscale.launch.MonotonicTime;
import dev.inferscale.launch.Program.StartFault;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The whole worker, over the model that comes with it.
class InferenceWorkerTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  @Test
  void theDemoModelAnswersWhatItLearned() throws Exception {
    InferenceWorker.Serving worker = start(Goldens.DEMO_MODEL, 0);
    try {
      for (JsonNode sample : Goldens.golden("demo").path("chat_samples")) {
        JsonNode answer = ask(worker, sample.path("user").asText());

        assertThat(answer.at("/choices/0/text").asText()).isEqualTo(sample.path("answer").asText());
        // The reference counts the answer without its end token, and goes no further than 40.
        assertThat(answer.at("/usage/completion_tokens").asInt())
            .isEqualTo(Math.min(40, sample.path("until_eos").asInt() + 1));
      }
      assertThat(get(worker, "/readyz")).isEqualTo("ok");
      assertThat(get(worker, "/v1/models")).contains("\"id\":\"demo\"");
      assertThat(get(worker, "/metrics"))
          .contains("inference_worker_request_duration_seconds_count{model=\"demo\"} 6\n")
          .contains("inference_worker_kv_cache_used_tokens{model=\"demo\"} 0.0");
    } finally {
      worker.drain(Duration.ZERO);
      worker.close();
    }
  }

  @Test
  void aBusyPortIsOneSentence() throws IOException {
    try (ServerSocket busy = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int port = busy.getLocalPort();

      assertThatThrownBy(() -> start(Goldens.DEMO_MODEL, port))
          .isInstanceOf(StartFault.class)
          .hasMessageContaining("cannot listen on 127.0.0.1:" + port)
          .hasMessageContaining("--port");
    }
  }

  @Test
  void aMissingModelIsOneSentence(@TempDir Path empty) {
    assertThatThrownBy(() -> start(empty, 0))
        .isInstanceOf(StartFault.class)
        .hasMessageContaining("config.json");
    assertThatThrownBy(() -> InferenceWorker.start(WorkerConfig.defaults(), host()))
        .isInstanceOf(StartFault.class)
        .hasMessageContaining("--model");
  }

  @Test
  void aTruncatedModelIsOneSentence(@TempDir Path broken) throws IOException {
    for (String file : List.of("config.json", "generation_config.json", "tokenizer.json")) {
      Files.copy(Goldens.DEMO_MODEL.resolve(file), broken.resolve(file));
    }
    byte[] weights = Files.readAllBytes(Goldens.DEMO_MODEL.resolve("model.safetensors"));
    Files.write(broken.resolve("model.safetensors"), Arrays.copyOf(weights, weights.length / 2));

    assertThatThrownBy(() -> start(broken, 0))
        .isInstanceOf(StartFault.class)
        .hasMessageContaining("model.safetensors");
  }

  private static InferenceWorker.Serving start(Path model, int port) {
    var read =
        ConfigReader.of(WorkerConfig.class)
            .read(
                "",
                Map.of(),
                Map.of(
                    "model", List.of(model.toString()),
                    "port", List.of("" + port),
                    "warm-up", List.of("0s")));
    var good = (ConfigReader.Result.Good<WorkerConfig>) read;
    return InferenceWorker.start(good.config(), host());
  }

  private static InferenceWorker.Surroundings host() {
    return new InferenceWorker.Surroundings(
        new MonotonicTime(), "test", () -> {}, Optional.empty());
  }

  private JsonNode ask(InferenceWorker.Serving worker, String question) throws Exception {
    String prompt = "<|im_start|>user\n" + question + "<|im_end|>\n<|im_start|>assistant\n";
    String body =
        JSON.createObjectNode()
            .put("prompt", prompt)
            .put("max_tokens", 40)
            .put("temperature", 0)
            .toString();
    HttpRequest request =
        HttpRequest.newBuilder(uri(worker, "/v1/completions"))
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    return JSON.readTree(client.send(request, HttpResponse.BodyHandlers.ofString()).body());
  }

  private String get(InferenceWorker.Serving worker, String path) throws Exception {
    HttpRequest request = HttpRequest.newBuilder(uri(worker, path)).build();
    return client.send(request, HttpResponse.BodyHandlers.ofString()).body();
  }

  private static URI uri(InferenceWorker.Serving worker, String path) {
    return URI.create("http://127.0.0.1:" + worker.port() + path);
  }
}
