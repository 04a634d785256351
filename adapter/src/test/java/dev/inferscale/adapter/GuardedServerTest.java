package dev.inferscale.adapter;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.inferscale.adapter.auth.Gate;
import dev.inferscale.adapter.auth.Pki;
import dev.inferscale.adapter.certificate.ServingCertificate;
import dev.inferscale.adapter.tally.Call;
import dev.inferscale.adapter.wire.Page;
import dev.inferscale.signals.snapshot.Snapshot;
import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Both servers behind a gate: real handshakes with real certificates, and an API server over HTTP.
class GuardedServerTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String METRIC =
      "/apis/external.metrics.k8s.io/v1beta1/namespaces/serving/inference_requests_running";

  @TempDir private static Path certificates;
  private static Pki pki;

  @TempDir private Path folder;
  private final AtomicReference<Instant> now = new AtomicReference<>();
  private StubKube kube;
  private Gate gate;
  private AdapterServer server;

  @BeforeAll
  static void makeCertificates() {
    pki = new Pki(certificates);
    pki.root("proxies");
    pki.root("clients");
    pki.root("new-proxies");
    pki.client("proxy", "proxies", "CN=front-proxy-client");
    pki.client("new-proxy", "new-proxies", "CN=front-proxy-client");
    pki.client("alice", "clients", "CN=alice,O=blue");
    pki.client("master", "clients", "CN=root,O=system:masters");
  }

  @BeforeEach
  void start() throws Exception {
    now.set(FoldedPool.FOLDED.plusSeconds(1));
    Snapshot snapshot = FoldedPool.snapshot(FoldedPool.busy("serving", "chat", "demo"));
    kube = new StubKube(folder, trust("proxies"));
    gate = Gate.start(kube.kubeAccess(), now::get, InstantSource.system());
    server = start(snapshot, config());
    await().atMost(PATIENCE).until(gate::isReady);
  }

  private AdapterServer start(Snapshot snapshot, AdapterConfig config) throws StartFault {
    return AdapterServer.start(
        config.withPort(0),
        Optional.of(gate),
        new AdapterServer.Source(
            "0.1.0", () -> snapshot, () -> true, now::get, InstantSource.system()));
  }

  @AfterEach
  void stop() {
    server.close();
    gate.close();
    kube.close();
  }

  private static ObjectNode trust(String... proxies) {
    return StubKube.trust(pki.pem("clients"), pki.pem(proxies));
  }

  private static AdapterConfig config() {
    return AdapterConfig.defaults().withCertificate(resource("ec.crt"), resource("ec-sec1.key"));
  }

  private static Path resource(String name) {
    URL found =
        Objects.requireNonNull(GuardedServerTest.class.getResource("certificate/pem/" + name));
    return Path.of(URI.create(found.toString()));
  }

  private static SSLContext tls(String certificate) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      KeyManager[] keys = certificate.isEmpty() ? null : pki.keys(certificate);
      context.init(keys, new TrustManager[] {new TrustAnyone()}, null);
      return context;
    } catch (GeneralSecurityException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private static HttpClient client(String certificate) {
    return client(certificate, Version.HTTP_1_1);
  }

  private static HttpClient client(String certificate, Version version) {
    return HttpClient.newBuilder().version(version).sslContext(tls(certificate)).build();
  }

  private HttpResponse<String> get(HttpClient client, String path, String... headers)
      throws IOException, InterruptedException {
    URI uri = URI.create("https://127.0.0.1:" + server.port() + path);
    HttpRequest.Builder request = HttpRequest.newBuilder(uri).timeout(PATIENCE);
    if (headers.length > 0) {
      request.headers(headers);
    }
    HttpResponse<String> response = client.send(request.build(), BodyHandlers.ofString());
    assertThat(response.headers().firstValue("Retry-After")).isEmpty();
    return response;
  }

  private static String message(HttpResponse<String> response) throws IOException {
    return new ObjectMapper().readTree(response.body()).path("message").asText();
  }

  @ParameterizedTest
  @EnumSource(Version.class)
  void theFrontProxysUserIsAuthorizedOnceForManyReads(Version version) throws Exception {
    try (HttpClient proxy = client("proxy", version)) {
      for (String selector : new String[] {"", "?labelSelector=pool%3Dchat", ""}) {
        HttpResponse<String> response =
            get(proxy, METRIC + selector, "X-Remote-User", "hpa", "X-Remote-Group", "scalers");
        assertThat(response.version()).isEqualTo(version);
        assertThat(response.statusCode()).as(response.body()).isIn(200, 404);
      }
    }
    assertThat(kube.accessAsked)
        .singleElement()
        .satisfies(spec -> {
          assertThat(spec.path("user").asText()).isEqualTo("hpa");
          assertThat(spec.path("groups").toString())
              .isEqualTo("[\"scalers\",\"system:authenticated\"]");
          assertThat(spec.at("/resourceAttributes/verb").asText()).isEqualTo("list");
        });
  }

  /// The HPA reads every 15 s, more seldom than Kubernetes' own servers remember an answer.
  @Test
  void whatTheHpaMayOutlastsItsPeriod() throws Exception {
    try (HttpClient proxy = client("proxy")) {
      for (int read = 0; read < 5; read++) {
        assertThat(get(proxy, METRIC, "X-Remote-User", "hpa").statusCode()).isNotEqualTo(403);
        now.set(now.get().plusSeconds(15));
      }
    }
    assertThat(kube.accessAsked).hasSize(1);
  }

  @ParameterizedTest
  @EnumSource(Version.class)
  void whoMayNotGetsKubernetesAnswer(Version version) throws Exception {
    kube.allows(spec -> false);
    try (HttpClient alice = client("alice", version)) {
      HttpResponse<String> response = get(alice, METRIC);

      assertThat(response.statusCode()).isEqualTo(403);
      assertThat(message(response))
          .isEqualTo(
              "inference_requests_running.external.metrics.k8s.io is forbidden: User \"alice\""
                  + " cannot list resource \"inference_requests_running\" in API group"
                  + " \"external.metrics.k8s.io\" in the namespace \"serving\"");
    }
  }

  @Test
  void withoutCredentialsOneIsAnonymousAndMayProbe() throws Exception {
    kube.allows(spec -> false);
    try (HttpClient nobody = client("")) {
      assertThat(message(get(nobody, "/openapi/v2")))
          .isEqualTo("forbidden: User \"system:anonymous\" cannot get path \"/openapi/v2\"");
      assertThat(get(nobody, "/livez").statusCode()).isEqualTo(200);
      assertThat(get(nobody, "/readyz?verbose").body()).contains("[+]callers ok");
      assertThat(get(nobody, "/readyz/ping").statusCode()).isEqualTo(403);
    }
    // And headers without a certificate are worth nothing.
    assertThat(kube.accessAsked)
        .allSatisfy(spec ->
            assertThat(spec.path("groups").toString()).isEqualTo("[\"system:unauthenticated\"]"));
  }

  @Test
  void aMasterNeedsNoQuestion() throws Exception {
    kube.answers(500);
    try (HttpClient master = client("master")) {
      assertThat(get(master, "/openapi/v2").statusCode()).isEqualTo(200);
    }
    assertThat(kube.accessAsked).isEmpty();
  }

  @Test
  void aTokenIsReviewedOnceInTenSecondsWhetherGoodOrNot() throws Exception {
    kube.users.put("good", "prometheus");
    try (HttpClient nobody = client("")) {
      for (int i = 0; i < 3; i++) {
        assertThat(get(nobody, "/version", "Authorization", "Bearer good").statusCode())
            .isEqualTo(200);
        HttpResponse<String> bad = get(nobody, "/version", "Authorization", "Bearer bad");
        assertThat(bad.statusCode()).isEqualTo(401);
        assertThat(message(bad)).isEqualTo("Unauthorized");
      }
      assertThat(kube.tokensAsked).containsExactly("good", "bad");
      now.updateAndGet(before -> before.plusSeconds(11));
      get(nobody, "/version", "Authorization", "Bearer good");
      get(nobody, "/version", "Authorization", "Bearer bad");
    }
    assertThat(kube.tokensAsked).containsExactly("good", "bad", "good", "bad");
    assertThat(gate.statistics().tokenCache()).containsEntry("miss", 4L);
  }

  @Test
  void aTokenOutweighsACertificateThatIsNotGood() throws Exception {
    kube.users.put("good", "prometheus");
    try (HttpClient alice = client("alice")) {
      assertThat(get(alice, "/version").statusCode()).isEqualTo(200);
      trustAnotherForClients();

      assertThat(get(alice, "/version").statusCode()).isEqualTo(401);
      assertThat(get(alice, "/version", "Authorization", "Bearer good").statusCode())
          .isEqualTo(200);
    }
  }

  private void trustAnotherForClients() {
    kube.trusts(trust("proxies").put("client-ca-file", pki.pem("new-proxies")));
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(gate.clients().getAcceptedIssuers())
                .anyMatch(
                    each -> each.getSubjectX500Principal().getName().equals("CN=new-proxies")));
  }

  @Test
  void randomTokensCostTheApiServerLittle() throws Exception {
    kube.users.put("good", "prometheus");
    try (HttpClient nobody = client("")) {
      assertThat(get(nobody, "/version", "Authorization", "Bearer good").statusCode())
          .isEqualTo(200);
      int refused = 0;
      for (int i = 0; i < 300; i++) {
        int status = get(nobody, "/version", "Authorization", "Bearer random" + i).statusCode();
        assertThat(status).isIn(401, 503);
        refused += status == 503 ? 1 : 0;
      }
      assertThat(refused).isGreaterThan(240);
      assertThat(kube.tokensAsked).hasSizeLessThan(60);
      // Who is known is asked about all the same.
      now.updateAndGet(before -> before.plusMillis(10_001));
      for (int i = 0; i < 300; i++) {
        get(nobody, "/version", "Authorization", "Bearer other" + i);
      }
      assertThat(get(nobody, "/version", "Authorization", "Bearer good").statusCode())
          .isEqualTo(200);
    }
    assertThat(gate.statistics().refusedQuestions()).isPositive();
  }

  /// Of four places three may wait: the fourth stays for whoever the API server has said yes to.
  @Test
  void whoeverIsKnownReadsOnWhileAsManyAsMayBeWaitForTheApiServer() throws Exception {
    CountDownLatch answers = new CountDownLatch(1);
    server.close();
    Snapshot snapshot = FoldedPool.snapshot(FoldedPool.busy("serving", "chat", "demo"));
    server = start(snapshot, config().withMaxInFlight(4));
    try (HttpClient proxy = client("proxy", Version.HTTP_2)) {
      assertThat(get(proxy, METRIC, "X-Remote-User", "hpa").statusCode()).isEqualTo(200);
      kube.waitsFor(answers);
      List<CompletableFuture<HttpResponse<String>>> waiting =
          Stream.of("a", "b", "c").map(user -> ask(proxy, user)).toList();
      await().atMost(PATIENCE).until(() -> kube.accessAsked.size() == 4);

      HttpResponse<String> shed = get(proxy, METRIC, "X-Remote-User", "d");
      assertThat(shed.statusCode()).isEqualTo(503);
      assertThat(message(shed)).startsWith("too many requests: on this replica ");
      // A client may have its answer before the server knows that it does.
      await().atMost(PATIENCE).until(() -> server.statistics().inFlight() == 3);
      assertThat(get(proxy, METRIC, "X-Remote-User", "hpa").statusCode()).isEqualTo(200);
      assertThat(counted(Call.EXTERNAL, 503)).isEqualTo(1);

      answers.countDown();
      for (CompletableFuture<HttpResponse<String>> each : waiting) {
        assertThat(each.get(PATIENCE.toSeconds(), TimeUnit.SECONDS).statusCode()).isEqualTo(200);
      }
      await().atMost(PATIENCE).until(() -> server.statistics().inFlight() == 0);
      assertThat(get(proxy, METRIC, "X-Remote-User", "d").statusCode()).isEqualTo(200);
    } finally {
      answers.countDown();
    }
  }

  private CompletableFuture<HttpResponse<String>> ask(HttpClient client, String user) {
    URI uri = URI.create("https://127.0.0.1:" + server.port() + METRIC);
    HttpRequest request =
        HttpRequest.newBuilder(uri).header("X-Remote-User", user).timeout(PATIENCE).build();
    return client.sendAsync(request, BodyHandlers.ofString());
  }

  private long counted(Call call, int code) {
    return server.statistics().calls().stream()
        .filter(row -> row.call() == call && row.code() == code)
        .mapToLong(Statistics.Called::count)
        .sum();
  }

  @Test
  void whatWasAnsweredIsCountedAsAnApiServerCountsIt() throws Exception {
    try (HttpClient proxy = client("proxy")) {
      get(proxy, METRIC, "X-Remote-User", "hpa");
      get(proxy, METRIC.replace("requests_running", "wrong"), "X-Remote-User", "hpa");
      get(proxy, "/apis", "X-Remote-User", "hpa");
    }
    assertThat(counted(Call.EXTERNAL, 200)).isEqualTo(1);
    assertThat(counted(Call.EXTERNAL, 404)).isEqualTo(1);
    assertThat(counted(Call.NON_RESOURCE, 200)).isEqualTo(1);
    assertThat(server.statistics().durations())
        .hasEntrySatisfying(Call.EXTERNAL, took -> assertThat(took.count()).isEqualTo(2));
    // The pool was folded a second before it was read.
    assertThat(server.freshness())
        .hasEntrySatisfying(
            "external.metrics.k8s.io",
            ages -> {
              assertThat(ages.count()).isEqualTo(1);
              assertThat(ages.sum()).isGreaterThanOrEqualTo(1);
            })
        .hasEntrySatisfying("custom.metrics.k8s.io", ages -> assertThat(ages.count()).isZero());
    assertThat(gate.statistics().clientSeconds().count()).isEqualTo(3);
    assertThat(gate.statistics().clientSeconds().sum()).isPositive();
    assertThat(gate.statistics().accessSeconds().count()).isEqualTo(3);
  }

  @Test
  void aRotatedAuthorityCountsOnConnectionsThatAreOpen() throws Exception {
    try (HttpClient old = client("proxy");
        HttpClient next = client("new-proxy")) {
      assertThat(get(old, "/version", "X-Remote-User", "a").statusCode()).isEqualTo(200);

      kube.trusts(trust("proxies", "new-proxies"));
      await()
          .atMost(PATIENCE)
          .untilAsserted(() -> assertThat(gate.clients().getAcceptedIssuers()).hasSize(3));
      assertThat(get(next, "/version", "X-Remote-User", "b").statusCode()).isEqualTo(200);
      assertThat(get(old, "/version", "X-Remote-User", "a").statusCode()).isEqualTo(200);

      kube.trusts(trust("new-proxies"));
      await()
          .atMost(PATIENCE)
          .untilAsserted(() ->
              assertThat(get(old, "/version", "X-Remote-User", "a").statusCode()).isEqualTo(401));
      assertThat(get(next, "/version", "X-Remote-User", "b").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void aConfigMapThatIsBrokenLeavesTheLastGoodOne() throws Exception {
    kube.trusts(trust("proxies").put("client-ca-file", "nonsense"));
    kube.trusts(trust("proxies", "new-proxies"));
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(gate.clients().getAcceptedIssuers()).hasSize(3));
    kube.trusts(trust("proxies").put("requestheader-allowed-names", "nonsense"));
    try (HttpClient alice = client("alice")) {
      assertThat(get(alice, "/version").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void aResumedSessionIsJudgedByTheAuthoritiesOfToday() throws Exception {
    SSLContext alice = tls("alice");
    long first = raw(alice);
    trustAnotherForClients();

    assertThat(first).isEqualTo(200);
    // In a new session no certificate would be sent, since its issuer is not named any more, and
    // nobody may read this too.
    assertThat(raw(alice)).isEqualTo(401);
  }

  /// The status of one request on a connection of its own, which resumes the session of the last.
  private long raw(SSLContext context) throws IOException {
    try (SSLSocket socket =
        (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", server.port())) {
      socket.getOutputStream().write("GET /version HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(US_ASCII));
      byte[] head = socket.getInputStream().readNBytes(12);
      return Long.parseLong(new String(head, US_ASCII).substring(9));
    }
  }

  @Test
  void whileTheApiServerIsAwayWhoWasAllowedReadsOnAndStrangersAreTold() throws Exception {
    try (HttpClient proxy = client("proxy")) {
      assertThat(get(proxy, "/version", "X-Remote-User", "a").statusCode()).isEqualTo(200);
      kube.answers(503);
      now.updateAndGet(before -> before.plusSeconds(600));

      assertThat(get(proxy, "/version", "X-Remote-User", "a").statusCode()).isEqualTo(200);
      HttpResponse<String> other = get(proxy, "/version", "X-Remote-User", "b");
      assertThat(other.statusCode()).isEqualTo(503);
      assertThat(message(other)).contains("cannot be known now", "the API server answers 503");

      kube.answers(403);
      HttpResponse<String> ours = get(proxy, "/version", "X-Remote-User", "b");
      assertThat(ours.statusCode()).isEqualTo(500);
      assertThat(message(ours)).contains("auth-delegator.yaml");
    }
  }

  @Test
  void observationSpeaksHttpsAndAsksByPathOrPool() throws Exception {
    kube.allows(spec -> spec.at("/nonResourceAttributes/path").asText().equals("/metrics"));
    Snapshot snapshot = FoldedPool.snapshot();
    try (ServingCertificate certificate =
            ServingCertificate.open(
                "adapter",
                config().certificate(),
                config().reloadEvery(),
                Optional.of(gate.clients()));
        ObservationServer observation =
            ObservationServer.start(
                ObservationConfig.defaults().withPort(0),
                gate,
                certificate,
                () -> snapshot,
                now::get,
                Map.of(
                    "/metrics", _ -> Page.text(200, "page"), "/livez", _ -> Page.text(200, "ok")),
                demand -> false);
        HttpClient alice = client("alice");
        HttpClient nobody = client("")) {
      String at = "https://127.0.0.1:" + observation.port();

      assertThat(status(alice, at + "/metrics")).isEqualTo(200);
      assertThat(status(alice, at + "/api/v1/pools")).isEqualTo(403);
      assertThat(status(nobody, at + "/livez")).isEqualTo(200);
    }
    assertThat(kube.accessAsked)
        .filteredOn(spec -> spec.has("resourceAttributes"))
        .singleElement()
        .satisfies(spec -> {
          assertThat(spec.at("/resourceAttributes/resource").asText()).isEqualTo("modelpools");
          assertThat(spec.at("/resourceAttributes/verb").asText()).isEqualTo("list");
        });
  }

  private static int status(HttpClient client, String uri)
      throws IOException, InterruptedException {
    return client
        .send(HttpRequest.newBuilder(URI.create(uri)).build(), BodyHandlers.discarding())
        .statusCode();
  }
}
