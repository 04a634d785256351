package dev.inferscale.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.inferscale.launch.ConfigReader;
import dev.inferscale.launch.MonotonicTime;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A whole paced worker, on an address of its own as in a test bed.
@Timeout(60)
class PacedWorkerTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final String HOST = "127.10.0.3";
  private static final String QUICK =
      "paced: {step: 1ms, perSequence: 0s, perResidentToken: 0s, perPrefillToken: 0s}\n";

  /// Steps so long that no request of a test comes to its end.
  private static final String SLOW =
      "paced: {step: 300ms, perSequence: 0s, perResidentToken: 0s, perPrefillToken: 0s}\n";

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private Optional<InferenceWorker.Serving> worker = Optional.empty();

  @AfterEach
  void stop() throws InterruptedException {
    if (worker.isPresent()) {
      worker.get().drain(Duration.ZERO);
      worker.get().close();
    }
  }

  @Test
  void itSaysEverywhereThatItIsPaced() throws Exception {
    start("backend: paced\nallowPaced: true\n");

    assertThat(get("/v1/models"))
        .contains("\"id\":\"tiny\"")
        .contains(
            "\"device\":\"paced (a step takes 28.7 ms + 0.274 ms B + 0.00012 ms K + 0.107 ms P;")
        .contains("\"max_model_len\":32768");
    assertThat(get("/metrics"))
        .contains("inference_worker_info{block_size_tokens=\"16\",device=\"paced\"")
        .contains("inference_worker_pace_lost_seconds_total{model=\"tiny\"} 0.0")
        .contains("inference_worker_kv_cache_capacity_tokens{model=\"tiny\"} 430000.0");
  }

  @Test
  void itsTokensAreThoseOfTheDeviceThatComputes() throws Exception {
    String request =
        """
        {"prompt": "What is a queue?", "max_tokens": 60, "ignore_eos": true,
         "temperature": 0.9, "seed": 7}
        """;
    start("backend: cpu\nmodel: " + Goldens.DEMO_MODEL + "\n");
    JsonNode expected = complete(request).path("choices");
    stop();

    start("backend: paced\nallowPaced: true\nmodel: " + Goldens.DEMO_MODEL + "\n" + QUICK);

    assertThat(expected.at("/0/text").asText()).isNotBlank();
    assertThat(complete(request).path("choices")).isEqualTo(expected);
  }

  @Test
  void aDrainInTheMiddleOfAStepEndsWithIt() throws Exception {
    start("backend: paced\nallowPaced: true\n" + SLOW);
    CompletableFuture<HttpResponse<String>> answer = send(request("[5]", 10_000));
    await().atMost(LIMIT).until(() -> metric("requests_running") == 1);

    worker.orElseThrow().drain(Duration.ZERO);

    assertThat(answer.get().statusCode()).isEqualTo(503);
  }

  @Test
  void aClientThatLeavesInTheMiddleOfAStepFreesItsCacheWithIt() throws Exception {
    start("backend: paced\nallowPaced: true\n" + SLOW);
    String body = request("[5]", 10_000).replace("{", "{\"stream\": true, ");
    InputStream stream = client.send(post(body), HttpResponse.BodyHandlers.ofInputStream()).body();
    assertThat(stream.read()).isEqualTo('d');
    assertThat(metric("kv_cache_used_tokens")).isPositive();

    stream.close();

    await().atMost(LIMIT).until(() -> metric("kv_cache_used_tokens") == 0);
    assertThat(metric("requests_running")).isZero();
  }

  @Test
  void theCacheHoldsWhatItsCapacitySays() throws Exception {
    start("backend: paced\nallowPaced: true\nkvCacheTokens: 64\nmaxQueue: 1\n" + SLOW);
    String large = request("[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20]", 40);
    String larger = large.replace("[1,", "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,");
    CompletableFuture<HttpResponse<String>> first = send(large);
    await().atMost(LIMIT).until(() -> metric("requests_running") == 1);
    CompletableFuture<HttpResponse<String>> second = send(larger);
    await().atMost(LIMIT).until(() -> metric("requests_waiting") == 1);

    HttpResponse<String> third = send(large).get();

    assertThat(third.statusCode()).isEqualTo(429);
    assertThat(metric("requests_running")).isEqualTo(1);
    assertThat(metric("kv_cache_used_tokens")).isEqualTo(32);
    assertThat(first).isNotDone();
    assertThat(second).isNotDone();
  }

  private void start(String yaml) {
    var read =
        ConfigReader.of(WorkerConfig.class)
            .read("host: " + HOST + "\nport: 0\nwarmUp: 0s\n" + yaml, Map.of(), Map.of());
    var config = ((ConfigReader.Result.Good<WorkerConfig>) read).config();
    worker =
        Optional.of(
            InferenceWorker.start(
                config,
                new InferenceWorker.Surroundings(
                    new MonotonicTime(),
                    "test",
                    () -> {},
                    Optional.ofNullable(Goldens.TINY_MODEL.getParent()))));
  }

  private static String request(String prompt, int maxTokens) {
    return "{\"prompt\": %s, \"max_tokens\": %d, \"ignore_eos\": true, \"temperature\": 0}"
        .formatted(prompt, maxTokens);
  }

  private JsonNode complete(String request) throws Exception {
    return JSON.readTree(send(request).get().body());
  }

  private CompletableFuture<HttpResponse<String>> send(String body) {
    return client.sendAsync(post(body), HttpResponse.BodyHandlers.ofString());
  }

  private HttpRequest post(String body) {
    return HttpRequest.newBuilder(uri("/v1/completions"))
        .POST(HttpRequest.BodyPublishers.ofString(body))
        .build();
  }

  private String get(String path) throws Exception {
    return client
        .send(HttpRequest.newBuilder(uri(path)).build(), HttpResponse.BodyHandlers.ofString())
        .body();
  }

  private double metric(String name) throws Exception {
    String start = "inference_worker_" + name + "{";
    return get("/metrics")
        .lines()
        .filter(line -> line.startsWith(start))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf("} ") + 2)))
        .findFirst()
        .orElseThrow();
  }

  private URI uri(String path) {
    return URI.create("http://" + HOST + ":" + worker.orElseThrow().port() + path);
  }
}
