package dev.inferscale.app.plane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import dev.inferscale.launch.MonotonicTime;
import dev.inferscale.signals.exposition.ExpositionParser;
import dev.inferscale.signals.exposition.Limits;
import dev.inferscale.signals.exposition.Refused;
import dev.inferscale.signals.exposition.Samples;
import dev.inferscale.signals.pool.ModelPool;
import dev.inferscale.signals.pool.PoolsFile;
import dev.inferscale.signals.profile.Signal;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A plane with its servers, over an engine that shows one page for ever.
final class PlaneTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final String PAGE = "/dev/inferscale/signals/profile/vllm-loaded.prom";
  private static final HttpClient HTTP =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .sslContext(TrustAnyone.tls())
          .build();

  private static HttpServer engine;

  @BeforeAll
  static void startEngine() throws IOException {
    byte[] page;
    try (InputStream in = PlaneTest.class.getResourceAsStream(PAGE)) {
      page = Objects.requireNonNull(in).readAllBytes();
    }
    engine = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    engine.createContext(
        "/metrics",
        exchange -> {
          exchange.sendResponseHeaders(200, page.length);
          exchange.getResponseBody().write(page);
          exchange.close();
        });
    engine.start();
  }

  @AfterAll
  static void endEngine() {
    engine.stop(0);
    HTTP.shutdownNow();
  }

  /// Case O06: models that would share an alias, and two pools of one name.
  @Test
  void itsMetricsPageIsValidTextWhateverItsPoolsAreCalled() throws Exception {
    List<ModelPool> pools =
        pools(
            pool("red", "chat", "acme/chat:9b"),
            pool("red", "chat-2", "acme/chat_9b"),
            pool("blue", "chat", "acme/chat:9b"));
    try (Plane plane = start(pools)) {
      String page = await().atMost(LIMIT).until(() -> metrics(plane), PlaneTest::showsThreePools);

      assertThat(parsed(page).defects()).isEmpty();
      assertThat(values(page, "inference_requests_running", "model"))
          .hasSize(2)
          .allMatch(alias -> alias.matches("acme_chat_9b-[0-9a-f]{8}"));
      assertThat(values(page, "inference_requests_running", "namespace"))
          .containsExactlyInAnyOrder("red", "blue");
      assertThat(page)
          .contains(
              "inferscale_pools 3.0", "inferscale_targets 3.0", "inferscale_build_info{version=");
    }
  }

  private static boolean showsThreePools(String page) {
    return page.lines().filter(line -> line.startsWith("inference_requests_running{")).count() == 3
        && page.contains("namespace=\"blue\"");
  }

  @Test
  void everyDocumentedOutcomeIsThereAtZeroFromTheStart() throws Exception {
    try (Plane plane = start(List.of())) {
      String page = metrics(plane);

      assertThat(parsed(page).defects()).isEmpty();
      assertThat(values(page, "inferscale_fetches_total", "outcome"))
          .containsExactlyInAnyOrder(
              "read",
              "unreachable",
              "timed_out",
              "status",
              "redirect",
              "too_large",
              "no_memory",
              "refused",
              "empty");
      assertThat(values(page, "inferscale_writes_total", "writer"))
          .contains("status", "events", "lease");
      assertThat(values(page, "inferscale_writes_total", "outcome"))
          .contains("written", "printed", "forbidden", "conflict", "gone", "dropped");
      assertThat(page).contains("inferscale_leader 0.0");
      assertThat(values(page, "inferscale_requests_total", "server"))
          .contains("observation", "adapter");
      assertThat(values(page, "inferscale_requests_total", "surface"))
          .contains("external_metrics", "discovery", "pools", "program", "other");
      assertThat(page)
          .contains("inferscale_fold_faults_total 0.0", "inferscale_page_defects_total 0.0")
          .containsPattern("inferscale_fetches_total\\{outcome=\"read\"} 0\\.0");
      assertThat(values(page, "apiserver_request_total", "code")).contains("200", "503", "other");
      assertThat(values(page, "apiserver_request_total", "group"))
          .contains("external.metrics.k8s.io", "custom.metrics.k8s.io", "");
      assertThat(values(page, "apiserver_request_duration_seconds_bucket", "le"))
          .contains("0.001", "1.0", "+Inf");
      assertThat(values(page, "metrics_apiserver_metric_freshness_seconds_count", "group"))
          .contains("external.metrics.k8s.io", "custom.metrics.k8s.io");
      // Absent is not zero.
      assertThat(page).doesNotContainPattern("(?m)^inference_");
    }
  }

  @Test
  void readsAreCounted() throws Exception {
    try (Plane plane = start(pools(pool("red", "chat", "m")))) {
      assertThat(get(plane, "/api/v1/pools").statusCode()).isEqualTo(200);

      assertThat(metrics(plane))
          .containsPattern(
              "inferscale_requests_total\\{code=\"200\",server=\"observation\",surface=\"pools\"} 1");
    }
  }

  @Test
  void whatTheMetricsApiServedIsThereInAnApiServersWords() throws Exception {
    try (Plane plane = start(pools(pool("red", "chat", "m")))) {
      String path =
          "/apis/external.metrics.k8s.io/v1beta1/namespaces/red/inference_requests_running";
      await().atMost(LIMIT).until(() -> read(plane, path) == 200);

      String page = metrics(plane);
      assertThat(parsed(page).defects()).isEmpty();
      assertThat(page)
          .containsPattern(
              "apiserver_request_total\\{code=\"200\",component=\"inferscale\",dry_run=\"\",group=\"external.metrics.k8s.io\",resource=\"\\*\",scope=\"namespace\",subresource=\"\",verb=\"LIST\",version=\"v1beta1\"} 1")
          .containsPattern(
              "metrics_apiserver_metric_freshness_seconds_count\\{group=\"external.metrics.k8s.io\"} 1")
          .containsPattern("inferscale_serving_certificate_expires_timestamp_seconds [1-9]");
    }
  }

  @Test
  void drainingIsNotReadyButStillAnswers() throws Exception {
    try (Plane plane = start(List.of())) {
      assertThat(get(plane, "/livez").statusCode()).isEqualTo(200);
      await().atMost(LIMIT).until(() -> get(plane, "/readyz").statusCode() == 200);

      plane.drain(Duration.ZERO);

      assertThat(get(plane, "/readyz").statusCode()).isEqualTo(503);
      assertThat(get(plane, "/readyz").body()).contains("draining");
      assertThat(get(plane, "/livez").statusCode()).isEqualTo(200);
      assertThat(get(plane, "/api/v1/pools").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void everySignalWithAValueIsOnTheMetricsPageUnderItsName() throws Exception {
    try (Plane plane = start(pools(pool("red", "chat", "m")))) {
      String page =
          await()
              .atMost(LIMIT)
              .until(
                  () -> metrics(plane),
                  text -> text.contains("inference_generation_tokens_per_second{"));

      assertThat(page).contains("inference_requests_running{model=\"m\",namespace=\"red\",pool=");
      assertThat(
              Arrays.stream(Signal.values())
                  .filter(signal -> page.contains("\n" + signal.wireName() + "{")))
          .contains(Signal.KV_CACHE_UTILIZATION, Signal.TOKENS_IN_FLIGHT)
          .doesNotContain(Signal.REPLICAS_REQUIRED);
    }
  }

  @Test
  void aPlaneThatCannotReachItsClusterSaysSo(@TempDir Path folder) throws Exception {
    KubernetesSection away =
        new KubernetesSection(
            KubernetesSection.Mode.AUTO,
            Optional.of(folder.resolve("absent")),
            List.of("red"),
            List.of());
    PlaneConfig config = PlaneConfig.defaults().onPorts(0, 0).reaching(away);
    List<ModelPool> pool = pools(podPool("red"), podPool("blue"));
    try (Plane plane = Plane.start(config, pool, "test", new MonotonicTime())) {
      String ready =
          await()
              .atMost(LIMIT)
              .until(() -> get(plane, "/readyz?verbose").body(), t -> t.contains("cannot be read"));

      assertThat(ready).contains("[-]watch-pods-red failed: not listed yet: ");
      assertThat(get(plane, "/livez").statusCode()).isEqualTo(200);
      assertThat(metrics(plane))
          .contains(
              "inferscale_watch_up{namespace=\"red\",resource=\"pods\"} 0.0",
              "inferscale_watch_up{namespace=\"red\",resource=\"modelpools\"} 0.0");
      assertThat(waiting(plane, "red")).contains("\"not_yet\"", "have not been listed yet");
      assertThat(waiting(plane, "blue")).contains("\"config\"", "namespace blue is not watched");
    }
  }

  @Test
  void aPoolThatSelectsPodsWithoutAClusterSaysWhatIsMissing() throws Exception {
    try (Plane plane = start(pools(podPool("red")))) {
      assertThat(waiting(plane, "red")).contains("\"config\"", "set kubernetes.kubeconfig");
    }
  }

  private static String waiting(Plane plane, String namespace) throws Exception {
    return get(plane, "/api/v1/pools/" + namespace + "/chat/signals/inference_requests_waiting")
        .body();
  }

  private static String podPool(String namespace) {
    return pool(namespace, "chat", "m")
        .replaceFirst(
            "source: .*", "source: {pods: {selector: {matchLabels: {app: chat}}, ports: [8000]}}");
  }

  private static Plane start(List<ModelPool> pools) {
    return Plane.start(PlaneConfig.defaults().onPorts(0, 0), pools, "test", new MonotonicTime());
  }

  private static String pool(String namespace, String name, String model) {
    return """
    apiVersion: inferscale.dev/v1alpha1
    kind: ModelPool
    metadata: {name: %s, namespace: %s}
    spec:
      model: %s
      source: {endpoints: ["http://127.0.0.1:%d/metrics"]}
      interval: 1s
    """
        .formatted(name, namespace, model, engine.getAddress().getPort());
  }

  private static List<ModelPool> pools(String... documents) {
    PoolsFile file = PoolsFile.parse(String.join("---\n", documents));
    assertThat(file.faults()).isEmpty();
    return file.pools();
  }

  private static String metrics(Plane plane) throws IOException, InterruptedException {
    HttpResponse<String> response = get(plane, "/metrics");
    assertThat(response.statusCode()).isEqualTo(200);
    return response.body();
  }

  /// The status of a read of the metrics API.
  private static int read(Plane plane, String path) throws IOException, InterruptedException {
    URI uri = plane.adapter().resolve(path);
    HttpRequest request = HttpRequest.newBuilder(uri).timeout(LIMIT).build();
    return HTTP.send(request, BodyHandlers.discarding()).statusCode();
  }

  private static HttpResponse<String> get(Plane plane, String path)
      throws IOException, InterruptedException {
    URI uri = plane.observation().resolve(path);
    return HTTP.send(HttpRequest.newBuilder(uri).timeout(LIMIT).build(), BodyHandlers.ofString());
  }

  private static Samples parsed(String page) {
    byte[] bytes = page.getBytes(StandardCharsets.UTF_8);
    return switch (ExpositionParser.parse(bytes, Limits.DEFAULTS)) {
      case Samples samples -> samples;
      case Refused refused -> throw new AssertionError(refused);
    };
  }

  private static List<String> values(String page, String series, String label) {
    Pattern sample = Pattern.compile("(?m)^" + series + "\\{.*?\\b" + label + "=\"(.*?)\"");
    return sample
        .matcher(page)
        .results()
        .map((MatchResult match) -> match.group(1))
        .distinct()
        .toList();
  }
}
