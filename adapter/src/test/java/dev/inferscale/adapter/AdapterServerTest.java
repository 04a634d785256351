package dev.inferscale.adapter;

import static java.net.http.HttpClient.Version.HTTP_1_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.inferscale.adapter.wire.Surface;
import dev.inferscale.signals.profile.Reading.Gauge;
import dev.inferscale.signals.snapshot.Snapshot;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class AdapterServerTest {
  private static final InstantSource CLOCK = InstantSource.fixed(FoldedPool.FOLDED.plusSeconds(1));
  private static final InstantSource WALL =
      InstantSource.fixed(Instant.parse("2027-01-02T03:04:05Z"));
  private static final String METRICS = "/apis/external.metrics.k8s.io/v1beta1/namespaces/default/";
  private static final Snapshot GOOD =
      FoldedPool.snapshot(
          FoldedPool.named("default", "quickstart", "demo")
              .with(Gauge.TOKENS_RUNNING, 512)
              .with(Gauge.TOKENS_WAITING, 0));
  private static final AtomicReference<Supplier<Snapshot>> LATEST =
      new AtomicReference<>(() -> GOOD);

  private static final AdapterServer.Source SOURCE =
      new AdapterServer.Source("0.1.0", AdapterServerTest::latest, () -> true, CLOCK, WALL);

  private static AdapterServer server;
  private static HttpClient client;

  @BeforeAll
  static void start() throws StartFault {
    server = AdapterServer.start(AdapterConfig.defaults().withPort(0), SOURCE);
    client = HttpClient.newBuilder().sslContext(TrustAnyone.tls()).build();
  }

  @AfterAll
  static void stop() {
    client.close();
    server.close();
  }

  @BeforeEach
  void reset() {
    LATEST.set(() -> GOOD);
  }

  @ParameterizedTest
  @EnumSource(names = {"HTTP_1_1", "HTTP_2"})
  void answersAReadOverTlsInEitherVersionOfHttp(HttpClient.Version version) throws Exception {
    HttpResponse<String> response =
        send(
            request(METRICS + "inference_tokens_in_flight?labelSelector=pool%3Dquickstart")
                .version(version));

    assertThat(response.version()).isEqualTo(version);
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("Content-Type")).hasValue("application/json");
    assertThat(response.headers().firstValue("Cache-Control")).hasValue("no-cache, private");
    assertThat(response.body())
        .contains("\"timestamp\":\"2027-01-02T03:04:03Z\"", "\"value\":\"512\"");
  }

  @Test
  void readsWhateverSnapshotIsTheLatest() throws Exception {
    Snapshot newer =
        FoldedPool.snapshot(
            FoldedPool.named("default", "quickstart", "demo")
                .with(Gauge.TOKENS_RUNNING, 9)
                .with(Gauge.TOKENS_WAITING, 0));
    LATEST.set(() -> newer);

    assertThat(get(METRICS + "inference_tokens_in_flight").body()).contains("\"value\":\"9\"");
  }

  @Test
  void anErrorIsAStatusThatNeverAsksForARetry() throws Exception {
    HttpResponse<String> response = get(METRICS + "inference_ttft_seconds");

    assertThat(response.statusCode()).isEqualTo(503);
    assertThat(response.headers().firstValue("Retry-After")).isEmpty();
    assertThat(response.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
    assertThat(response.body()).contains("\"reason\":\"ServiceUnavailable\"", "not_yet");
  }

  @Test
  void aDocumentThatTheCallerHasIsNotSentAgain() throws Exception {
    String etag = get("/apis").headers().firstValue("ETag").orElseThrow();

    HttpResponse<String> again = send(request("/apis").header("If-None-Match", etag));

    assertThat(again.statusCode()).isEqualTo(304);
    assertThat(again.headers().firstValue("Vary")).hasValue("Accept");
    assertThat(again.body()).isEmpty();
  }

  @Test
  void aDocumentWhoseHashIsInItsUrlMayBeKept() throws Exception {
    String index = get("/openapi/v3").body();
    String url = index.replaceAll("(?s).*\"serverRelativeURL\":\"([^\"]*)\".*", "$1");

    assertThat(get(url).headers().firstValue("Cache-Control")).hasValue("public, immutable");
    assertThat(get(url + "0").headers().firstValue("Cache-Control")).hasValue("no-cache, private");
  }

  @Test
  void headIsAnsweredLikeGetWithoutABody() throws Exception {
    HttpResponse<String> response = send(request("/apis").method("HEAD", noBody()));

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValueAsLong("Content-Length").orElseThrow()).isPositive();
    assertThat(response.body()).isEmpty();
  }

  @Test
  void writingIsRefused() throws Exception {
    HttpResponse<String> response =
        send(request("/apis").POST(HttpRequest.BodyPublishers.ofString("x".repeat(100_000))));

    assertThat(response.statusCode()).isEqualTo(405);
    assertThat(response.headers().firstValue("Allow")).hasValue("GET, HEAD");
  }

  @ParameterizedTest
  @CsvSource({
    "HTTP_1_1, 9000",
    "HTTP_1_1, 20000",
    "HTTP_1_1, 60000",
    "HTTP_2, 9000",
    "HTTP_2, 18000"
  })
  void aTargetThatIsTooLongIsSaidToBeAndTheNextRequestIsFine(HttpClient.Version version, int length)
      throws Exception {
    HttpResponse<String> tooLong =
        send(request(METRICS + "a?labelSelector=" + "x".repeat(length)).version(version));

    assertThat(tooLong.statusCode()).isEqualTo(414);
    assertThat(tooLong.body()).contains("at most 8192").contains("\"kind\":\"Status\"");
    assertThat(get("/livez").body()).isEqualTo("ok");
  }

  @ParameterizedTest
  @ValueSource(strings = {"%zz", "%", "%e", "?labelSelector=%zz", "?labelSelector=a%"})
  void aBrokenEscapeIsABadRequest(String target) throws Exception {
    assertThat(raw("GET " + METRICS + target + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"))
        .startsWith("HTTP/1.1 400");
    assertThat(get("/livez").body()).isEqualTo("ok");
  }

  /// Says what no HTTP client would, and gives all that comes back.
  private static String raw(String request) throws Exception {
    try (Socket socket =
        TrustAnyone.tls().getSocketFactory().createSocket("127.0.0.1", server.port())) {
      socket.getOutputStream().write(request.getBytes(US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), UTF_8);
    }
  }

  @Test
  void aFaultOfOursIsAnInternalErrorThatGivesNothingAway() throws Exception {
    LATEST.set(() -> {
      throw new IllegalStateException("secret");
    });

    HttpResponse<String> response = get(METRICS + "inference_tokens_in_flight");

    assertThat(response.statusCode()).isEqualTo(500);
    assertThat(response.body()).contains("\"reason\":\"InternalError\"").doesNotContain("secret");
  }

  @Test
  void countsWhatItAnswered() throws Exception {
    long before = count(Surface.EXTERNAL_METRICS, 404);

    get(METRICS + "nonsense");

    assertThat(count(Surface.EXTERNAL_METRICS, 404)).isEqualTo(before + 1);
    assertThat(server.statistics().count()).isPositive();
    assertThat(count(Surface.PROGRAM, 200)).isZero();
  }

  @Test
  void aBusyPortIsNamedTogetherWithItsKey() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      AdapterConfig config = AdapterConfig.defaults().withPort(taken.getLocalPort());

      assertThatThrownBy(() -> AdapterServer.start(config, SOURCE))
          .isInstanceOf(StartFault.class)
          .hasMessage(
              "adapter.port %d is in use on 127.0.0.1; set another one, or 0 for any free port",
              taken.getLocalPort());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.0.0.0", "192.0.2.1", "::"})
  void aHostThatOthersCanReachIsRefused(String host) {
    AdapterConfig defaults = AdapterConfig.defaults();
    AdapterConfig config =
        new AdapterConfig(
            host,
            0,
            defaults.certificate(),
            defaults.reloadEvery(),
            defaults.idleTimeout(),
            10,
            10);

    assertThatThrownBy(() -> AdapterServer.start(config, SOURCE))
        .isInstanceOf(StartFault.class)
        .hasMessageContaining("adapter.host '" + host + "' is not a loopback address");
  }

  @Test
  void valuesOutOfRangeAreRefusedByTheirKey() {
    AdapterConfig defaults = AdapterConfig.defaults();

    assertThatThrownBy(() -> defaults.withPort(70_000))
        .hasMessage("adapter.port is 70000; it must be 0 to 65535, 0 for any free port");
    assertThatThrownBy(() -> new ObservationConfig("127.0.0.1", 0, Duration.ZERO, 1, 1))
        .hasMessageContaining("observation.idleTimeout");
    assertThatThrownBy(() -> new ObservationConfig("127.0.0.1", 0, Duration.ofSeconds(1), 0, 1))
        .hasMessageContaining("observation.maxConnections is 0");
    assertThatThrownBy(() -> defaults.withMaxInFlight(0))
        .hasMessage("adapter.maxInFlight is 0; it must be 1 to 100000");
  }

  @Test
  void aDrainingServerStillAnswersButIsNotReady() throws Exception {
    try (AdapterServer other = AdapterServer.start(AdapterConfig.defaults().withPort(0), SOURCE)) {
      other.drain();

      // Java's client may lose a request that it puts on an HTTP/2 connection while it reads
      // GOAWAY.
      HttpRequest.Builder ready = request(other.port(), "/readyz").version(HTTP_1_1);
      assertThat(send(ready).statusCode()).isEqualTo(500);
      HttpRequest.Builder read =
          request(other.port(), METRICS + "inference_tokens_in_flight").version(HTTP_1_1);
      assertThat(send(read).statusCode()).isEqualTo(200);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"HTTP_1_1", "HTTP_2"})
  void aConnectionIsKeptUntilTheServerDrainsAndThenEndsWithAnAnswer(HttpClient.Version version)
      throws Exception {
    AdapterConfig config = AdapterConfig.defaults().withPort(0);
    try (HttpClient keeping = HttpClient.newBuilder().sslContext(TrustAnyone.tls()).build();
        AdapterServer other = AdapterServer.start(config, SOURCE)) {
      HttpRequest read =
          request(other.port(), METRICS + "inference_tokens_in_flight").version(version).build();
      String first = connection(keeping, read);
      assertThat(connection(keeping, read)).isEqualTo(first);

      other.drain();

      if (version == HTTP_1_1) {
        assertThat(connection(keeping, read)).isEqualTo(first);
      }
      // By HTTP/2 GOAWAY may follow the answer before, and Java's client may lose a request to it.
      await()
          .ignoreExceptionsInstanceOf(IOException.class)
          .untilAsserted(() -> assertThat(connection(keeping, read)).isNotEqualTo(first));
    }
  }

  /// Over which connection an answer came.
  private static String connection(HttpClient client, HttpRequest read) throws Exception {
    HttpResponse<String> response = client.send(read, HttpResponse.BodyHandlers.ofString());
    assertThat(response.statusCode()).isEqualTo(200);
    return response.connectionLabel().orElseThrow();
  }

  @Test
  void aConnectionThatStaysSilentIsClosed() throws Exception {
    AdapterConfig defaults = AdapterConfig.defaults();
    AdapterConfig impatient =
        new AdapterConfig(
            defaults.host(),
            0,
            defaults.certificate(),
            defaults.reloadEvery(),
            Duration.ofSeconds(1),
            10,
            10);
    try (AdapterServer other = AdapterServer.start(impatient, SOURCE);
        Socket noHandshake = new Socket(InetAddress.getLoopbackAddress(), other.port());
        Socket noRequest =
            TrustAnyone.tls().getSocketFactory().createSocket("127.0.0.1", other.port());
        Socket halfRequest =
            TrustAnyone.tls().getSocketFactory().createSocket("127.0.0.1", other.port())) {
      ((SSLSocket) noRequest).startHandshake();
      halfRequest.getOutputStream().write("GET /apis HTTP".getBytes(US_ASCII));

      for (Socket silent : List.of(noHandshake, noRequest, halfRequest)) {
        silent.setSoTimeout(60_000);
        assertThat(silent.getInputStream().read()).isEqualTo(-1);
      }
    }
  }

  private static Snapshot latest() {
    return LATEST.get().get();
  }

  private static long count(Surface surface, int code) {
    return server.statistics().requests().stream()
        .filter(row -> row.surface() == surface && row.code() == code)
        .mapToLong(Statistics.Row::count)
        .sum();
  }

  private static HttpRequest.BodyPublisher noBody() {
    return HttpRequest.BodyPublishers.noBody();
  }

  private static HttpResponse<String> get(String target) throws Exception {
    return send(request(target));
  }

  private static HttpRequest.Builder request(String target) {
    return request(server.port(), target);
  }

  private static HttpRequest.Builder request(int port, String target) {
    return HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + port + target))
        .timeout(Duration.ofSeconds(20));
  }

  private static HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }
}
