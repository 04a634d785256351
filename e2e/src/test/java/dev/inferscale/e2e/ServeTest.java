package dev.inferscale.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `inferscale serve` from outside.
final class ServeTest {
  private static final String NAME = "inferscale serve";
  private static final Pattern OBSERVATION =
      Pattern.compile("\"message\":\"observation listens[^}]*\"port\":(\\d+)");

  @TempDir private Path folder;

  @Test
  void threeFaultsOfTheFileAreThreeSentences() throws Exception {
    Path config =
        write(
            "plane.yaml",
            """
            observaton: {port: 1}
            adapter: {port: 99999}
            scrape: {timeout: soon}
            """);
    try (Started serve = serve("--config", config.toString())) {
      assertThat(serve.status()).isEqualTo(2);
      assertThat(serve.err().lines())
          .containsExactlyInAnyOrder(
              NAME + ": observaton: unknown key; did you mean observation? (line 1)",
              NAME + ": adapter.port = 99999: must be 0 to 65535 (line 2)",
              NAME
                  + ": scrape.timeout = soon: must be a duration such as 500ms, 2s, 5m or 1h30m"
                  + " (line 3)");
    }
  }

  @Test
  void aBusyPortIsOneSentenceWithThePortAndItsKey() throws Exception {
    Path pools = write("pools.yaml", pool("chat", 1));
    try (ServerSocket busy = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = String.valueOf(busy.getLocalPort());
      try (Started serve =
          serve("--pools", pools.toString(), "--observation.port", "0", "--adapter.port", port)) {
        assertThat(serve.status()).isEqualTo(1);
        assertThat(serve.sentences(NAME))
            .containsExactly(
                NAME
                    + ": adapter.port "
                    + port
                    + " is in use on 127.0.0.1; set another one, or 0 for any free port");
        assertThat(serve.err()).doesNotContain("error.stack");
      }
    }
  }

  @Test
  void withoutAPoolToMeasureItSaysWhatIsMissing() throws Exception {
    Path bad = write("bad.yaml", pool("chat", 1).replace("interval: 1s", "intervall: 1s"));
    Path absent = folder.resolve("absent.yaml");

    try (Started unset = serve();
        Started missing = serve("--pools", absent.toString());
        Started none = serve("--pools", bad.toString())) {
      assertThat(unset.status()).isEqualTo(2);
      assertThat(unset.sentences(NAME))
          .singleElement()
          .asString()
          .startsWith(NAME + ": --pools names no file: ");
      assertThat(missing.status()).isEqualTo(1);
      assertThat(missing.sentences(NAME))
          .containsExactly(NAME + ": the pools file " + absent + " does not exist");
      assertThat(none.status()).isEqualTo(1);
      assertThat(none.sentences(NAME)).singleElement().asString().contains("holds no pool");
      assertThat(none.logged("intervall: unknown key; did you mean interval?")).isEqualTo(1);
    }
  }

  @Test
  void aBadPoolIsToldAndTheGoodOneIsServed() throws Exception {
    HttpServer engine = engine();
    int port = engine.getAddress().getPort();
    String bad = pool("broken", port).replace("interval: 1s", "intervall: 1s");
    Path pools = write("pools.yaml", bad + "---\n" + pool("chat", port));
    try (Started serve =
        serve("--pools", pools.toString(), "--observation.port", "0", "--adapter.port", "0")) {
      String observation = serve.awaitSaid(OBSERVATION).group(1);
      URI url = URI.create("http://127.0.0.1:" + observation + "/api/v1/pools");

      await().atMost(Started.LIMIT).until(() -> waiting(url, "chat").path("value").asDouble() == 7);
      assertThat(
              serve.logged("(serving/broken): spec.intervall: unknown key; did you mean interval?"))
          .isEqualTo(1);
      assertThat(serve.sentences(NAME)).isEmpty();
      // A bad document comes into the picture with the next fold.
      await()
          .atMost(Started.LIMIT)
          .untilAsserted(() ->
              assertThat(json(url).at("/rejected/0/pool").asText()).isEqualTo("serving/broken"));
      assertThat(json(url).path("pools").findValuesAsText("pool"))
          .contains("chat")
          .doesNotContain("broken");

      serve.signal("TERM");
      assertThat(serve.status()).isZero();
    } finally {
      engine.stop(0);
    }
  }

  private static JsonNode waiting(URI url, String pool) throws IOException {
    return json(URI.create(url + "/serving/" + pool)).findPath("inference_requests_waiting");
  }

  private static JsonNode json(URI url) throws IOException {
    return new ObjectMapper().readTree(text(url));
  }

  private static String text(URI url) throws IOException {
    try (InputStream in = url.toURL().openStream()) {
      return new String(in.readAllBytes(), UTF_8);
    }
  }

  private static HttpServer engine() throws IOException {
    byte[] page =
        """
        # TYPE vllm:num_requests_running gauge
        vllm:num_requests_running{model_name="m"} 3
        # TYPE vllm:num_requests_waiting gauge
        vllm:num_requests_waiting{model_name="m"} 7
        """
            .getBytes(UTF_8);
    HttpServer engine =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    engine.createContext(
        "/metrics",
        exchange -> {
          exchange.sendResponseHeaders(200, page.length);
          exchange.getResponseBody().write(page);
          exchange.close();
        });
    engine.start();
    return engine;
  }

  private static String pool(String name, int port) {
    return """
    apiVersion: inferscale.dev/v1alpha1
    kind: ModelPool
    metadata: {name: %s, namespace: serving}
    spec:
      model: m
      source: {endpoints: ["http://127.0.0.1:%d/metrics"]}
      interval: 1s
    """
        .formatted(name, port);
  }

  private Path write(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  private Started serve(String... flags) throws IOException {
    String[] words = new String[flags.length + 1];
    words[0] = "serve";
    System.arraycopy(flags, 0, words, 1, flags.length);
    return Started.inferscale(folder, words);
  }
}
