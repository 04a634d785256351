package dev.inferscale.app.plane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import dev.inferscale.signals.pool.PoolsFile;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// A plane whose fold thread has died goes on answering, and must not go on telling what it knew.
final class FoldDeathTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final Duration BEYOND_STALE = Duration.ofSeconds(6);
  private static final String EXTERNAL =
      "/apis/external.metrics.k8s.io/v1beta1/namespaces/red/inference_requests_waiting";
  private static final String CUSTOM =
      "/apis/custom.metrics.k8s.io/v1beta2/namespaces/red/modelpools.inferscale.dev/chat/"
          + "inference_requests_waiting";

  private final AheadTime time = new AheadTime();

  @Test
  void everySurfaceSaysSoWithinStaleAfter() throws Exception {
    HttpServer engine = engine();
    Set<Thread> before = foldThreads();
    try (Plane plane =
            Plane.start(
                PlaneConfig.defaults().onPorts(0, 0),
                PoolsFile.parse(pool(engine.getAddress().getPort())).pools(),
                "test",
                time);
        Reader read = new Reader(plane)) {
      awaitGood(read);
      // A living plane gets over as long a silence by itself.
      time.jump(BEYOND_STALE);
      awaitGood(read);

      kill(before);
      time.jump(BEYOND_STALE);

      assertRefuses(read, EXTERNAL);
      assertRefuses(read, CUSTOM);
      assertThat(read.adapter("/readyz?verbose").body()).contains("[-]snapshot failed");
      assertThat(read.adapter("/readyz").statusCode()).isEqualTo(500);
      assertThat(read.observation("/readyz").statusCode()).isEqualTo(503);
      assertThat(read.observation("/readyz").body())
          .containsPattern("\\[-]fold failed: the latest snapshot is \\d+ s old");
      assertPoolsAreStale(new ObjectMapper().readTree(read.observation("/api/v1/pools").body()));
      assertThat(read.observation("/metrics").body())
          .doesNotContainPattern("(?m)^inference_")
          .containsPattern("(?m)^inferscale_snapshot_age_seconds ([6-9]|[1-9]\\d)");
    } finally {
      engine.stop(0);
    }
  }

  private static void awaitGood(Reader read) {
    await()
        .atMost(LIMIT)
        .ignoreExceptions()
        .untilAsserted(() -> {
          assertThat(read.adapter("/readyz").statusCode()).isEqualTo(200);
          assertThat(read.adapter(EXTERNAL).body()).contains("\"value\":\"3\"");
          assertThat(read.adapter(CUSTOM).body()).contains("\"value\":\"3\"");
          assertThat(read.observation("/metrics").body())
              .containsPattern("(?m)^inference_requests_waiting\\{");
        });
  }

  private static void assertRefuses(Reader read, String metric) throws Exception {
    assertThat(read.adapter(metric).statusCode()).as(metric).isGreaterThanOrEqualTo(400);
    assertThat(read.adapter(metric).body()).contains("stale").doesNotContain("\"value\"");
  }

  private static void assertPoolsAreStale(JsonNode answer) {
    assertThat(answer.path("ageSeconds").asDouble()).isGreaterThan(5);
    JsonNode pool = answer.path("pools").path(0);
    assertThat(pool.path("signals").size()).isPositive();
    for (JsonNode signal : pool.path("signals")) {
      assertThat(signal.has("value")).as(signal.toString()).isFalse();
    }
    assertThat(pool.path("signals").path("inference_requests_waiting").path("reason").asText())
        .isEqualTo("stale");
    assertThat(pool.path("targets").path(0).path("state").asText()).isEqualTo("stale");
  }

  /// An interrupt ends the thread for good, as an error in it would.
  private static void kill(Set<Thread> others) throws InterruptedException {
    Set<Thread> own = foldThreads();
    own.removeAll(others);
    assertThat(own).hasSize(1);
    for (Thread fold : own) {
      fold.interrupt();
      fold.join(LIMIT);
      assertThat(fold.isAlive()).isFalse();
    }
  }

  private static Set<Thread> foldThreads() {
    Set<Thread> found = new HashSet<>(Thread.getAllStackTraces().keySet());
    found.removeIf(thread -> !thread.getName().equals("signals-fold"));
    return found;
  }

  private static HttpServer engine() throws IOException {
    HttpServer engine =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    byte[] page =
        """
        # TYPE vllm:num_requests_running gauge
        vllm:num_requests_running 1
        # TYPE vllm:num_requests_waiting gauge
        vllm:num_requests_waiting 3
        """
            .getBytes(StandardCharsets.UTF_8);
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

  private static String pool(int port) {
    return """
    apiVersion: inferscale.dev/v1alpha1
    kind: ModelPool
    metadata: {name: chat, namespace: red}
    spec:
      model: acme/chat
      source: {endpoints: ["http://127.0.0.1:%d/metrics"]}
      interval: 1s
      missing: {staleAfter: 5s}
    """
        .formatted(port);
  }
}
