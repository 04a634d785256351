package dev.inferscale.app.plane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import dev.inferscale.signals.pool.ModelPool;
import dev.inferscale.signals.pool.PoolsFile;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// When a plane that has just started says that it may be asked, on both of its servers.
final class FirstSyncTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final AheadTime time = new AheadTime();
  private final CountDownLatch released = new CountDownLatch(1);

  @AfterEach
  void release() {
    released.countDown();
  }

  @Test
  void aPlaneIsNotReadyBeforeItsPoolsHaveAnsweredAndHasTheirValuesOnceItIs() throws Exception {
    HttpServer engine = engine();
    try (Plane plane = start(KubernetesSection.off(), pool(engine.getAddress().getPort()));
        Reader read = new Reader(plane)) {
      HttpResponse<String> early = read.adapter("/readyz?verbose");
      assertThat(early.statusCode()).isEqualTo(500);
      assertThat(early.body())
          .contains("[-]pool-sync failed: reason withheld\n")
          .endsWith("readyz check failed\n");
      assertThat(read.adapter("/livez").statusCode()).isEqualTo(200);
      await()
          .atMost(LIMIT)
          .untilAsserted(() ->
              assertThat(read.observation("/readyz").body())
                  .contains("[-]pool-sync failed: 1 pools wait for their first answers: red/chat"));

      released.countDown();
      await().atMost(LIMIT).until(() -> read.adapter("/readyz").statusCode() == 200);

      assertThat(read.adapter("/readyz?verbose").body()).contains("[+]pool-sync ok\n");
      assertThat(
              read.adapter(
                      "/apis/external.metrics.k8s.io/v1beta1/namespaces/red/inference_requests_waiting")
                  .body())
          .contains("\"value\":\"3\"");
    } finally {
      engine.stop(0);
    }
  }

  @Test
  void anEngineThatIsDeadHoldsNobodyBack() throws Exception {
    int dead;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      dead = socket.getLocalPort();
    }
    try (Plane plane = start(KubernetesSection.off(), pool(dead));
        Reader read = new Reader(plane)) {
      await().atMost(LIMIT).until(() -> read.adapter("/readyz").statusCode() == 200);

      assertThat(read.observation("/api/v1/pools/red/chat").body()).contains("unreachable");
      assertThat(time.ahead()).as("no bound was needed").isEqualTo(Duration.ZERO);
    }
  }

  @Test
  void anApiServerThatIsAwayHoldsAPlaneBackForAWhileOnly(@TempDir Path folder) throws Exception {
    KubernetesSection away =
        new KubernetesSection(
            KubernetesSection.Mode.AUTO,
            Optional.of(folder.resolve("absent")),
            List.of("red"),
            List.of());
    try (Plane plane = start(away, "");
        Reader read = new Reader(plane)) {
      assertThat(read.observation("/readyz").body())
          .contains("[-]pool-sync failed: pools and pods have not been listed yet");
      assertThat(read.adapter("/readyz/pool-sync").statusCode()).isEqualTo(500);

      time.jump(Duration.ofSeconds(31));
      await().atMost(LIMIT).until(() -> read.adapter("/readyz").statusCode() == 200);
      assertThat(read.observation("/readyz?verbose").body()).contains("[+]pool-sync ok");
    }
  }

  /// Answers once it is released.
  private HttpServer engine() throws IOException {
    HttpServer engine =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    byte[] page =
        "# TYPE vllm:num_requests_waiting gauge\nvllm:num_requests_waiting 3\n"
            .getBytes(StandardCharsets.UTF_8);
    engine.createContext(
        "/metrics",
        exchange -> {
          try {
            released.await();
          } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
          }
          exchange.sendResponseHeaders(200, page.length);
          exchange.getResponseBody().write(page);
          exchange.close();
        });
    engine.start();
    return engine;
  }

  private Plane start(KubernetesSection kubernetes, String pools) {
    PlaneConfig defaults = PlaneConfig.defaults().onPorts(0, 0).reaching(kubernetes);
    PlaneConfig patient =
        new PlaneConfig(
            "",
            defaults.profiles(),
            defaults.kubernetes(),
            defaults.adapter(),
            defaults.observation(),
            defaults.apis(),
            defaults.keda(),
            new PlaneConfig.Scrape(Duration.ofSeconds(20), 1_000_000, 2_000_000, 1, 1),
            defaults.act(),
            Duration.ZERO);
    List<ModelPool> read = pools.isEmpty() ? List.of() : PoolsFile.parse(pools).pools();
    return Plane.start(patient, read, "test", time);
  }

  /// With a long interval, since a page may take as long.
  private static String pool(int port) {
    return """
    apiVersion: inferscale.dev/v1alpha1
    kind: ModelPool
    metadata: {name: chat, namespace: red}
    spec:
      model: acme/chat
      source: {endpoints: ["http://127.0.0.1:%d/metrics"]}
      interval: 20s
      missing: {staleAfter: 60s}
    """
        .formatted(port);
  }
}
