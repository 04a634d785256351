package dev.inferscale.adapter;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.inferscale.adapter.wire.Page;
import dev.inferscale.adapter.wire.Request;
import dev.inferscale.adapter.wire.Surface;
import dev.inferscale.signals.snapshot.Snapshot;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ObservationServerTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final InstantSource CLOCK = InstantSource.fixed(FoldedPool.FOLDED.plusSeconds(1));
  private static final Snapshot SNAPSHOT =
      FoldedPool.snapshot(FoldedPool.busy("default", "quickstart", "demo"));

  private static ObservationServer server;
  private static HttpClient client;

  @BeforeAll
  static void start() throws StartFault {
    server =
        ObservationServer.start(
            ObservationConfig.defaults().withPort(0),
            () -> SNAPSHOT,
            CLOCK,
            Map.of("/metrics", ObservationServerTest::metrics));
    client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  }

  @AfterAll
  static void stop() {
    client.close();
    server.close();
  }

  @Test
  void showsThePools() throws Exception {
    HttpResponse<String> response = get("/api/v1/pools");

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("Content-Type")).hasValue("application/json");
    assertThat(response.body()).contains("\"pool\":\"quickstart\"");
  }

  @Test
  void showsThePagesThatTheProgramMounts() throws Exception {
    assertThat(get("/metrics").body()).isEqualTo("up 1 verbose=false \n");
    assertThat(server.statistics().requests())
        .anySatisfy(row -> {
          assertThat(row.surface()).isEqualTo(Surface.PROGRAM);
          assertThat(row.count()).isPositive();
        });
  }

  @Test
  void aMountedPageSeesTheQueryAndWhatTheCallerAccepts() throws Exception {
    HttpResponse<String> page =
        send(request("/metrics?verbose").header("Accept", "application/openmetrics-text"));

    assertThat(page.body()).isEqualTo("up 1 verbose=true application/openmetrics-text\n");
  }

  @Test
  void errorsAreJson() throws Exception {
    assertThat(get("/").statusCode()).isEqualTo(404);
    assertThat(get("/api/v1/pools?" + "a&".repeat(40)).body()).contains("\"code\": 400");
    HttpResponse<String> post =
        send(request("/metrics").POST(HttpRequest.BodyPublishers.ofString("x")));
    assertThat(post.statusCode()).isEqualTo(405);
  }

  @Test
  void aTakenPortAndAnOpenHostAreRefused() {
    ObservationConfig taken = ObservationConfig.defaults().withPort(server.port());
    ObservationConfig open = new ObservationConfig("0.0.0.0", 0, Duration.ofSeconds(9), 9, 9);

    assertThatThrownBy(() -> ObservationServer.start(taken, () -> SNAPSHOT, CLOCK, Map.of()))
        .isInstanceOf(StartFault.class)
        .hasMessageContaining("observation.port " + server.port());
    assertThatThrownBy(() -> ObservationServer.start(open, () -> SNAPSHOT, CLOCK, Map.of()))
        .hasMessageContaining("observation.host '0.0.0.0'");
  }

  /// An answer that its peer does not take is what can pile up without anybody having to be asked.
  @Test
  void aPeerThatTakesNoAnswerHoldsItsPlaceUntilItGoes() throws Exception {
    ObservationConfig one = new ObservationConfig("127.0.0.1", 0, Duration.ofMinutes(2), 9, 1);
    Page large = new Page(200, "text/plain", new byte[64 << 20]);
    Map<String, Function<Request, Page>> mounted =
        Map.of("/large", _ -> large, "/metrics", ObservationServerTest::metrics);
    try (ObservationServer other = ObservationServer.start(one, () -> SNAPSHOT, CLOCK, mounted)) {
      HttpRequest.Builder metrics =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + other.port() + "/metrics"));
      try (Socket deaf = new Socket(InetAddress.getLoopbackAddress(), other.port())) {
        deaf.getOutputStream().write("GET /large HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(US_ASCII));
        await().atMost(PATIENCE).until(() -> other.statistics().inFlight() == 1);

        HttpResponse<String> shed = send(metrics);

        assertThat(shed.statusCode()).isEqualTo(503);
        assertThat(shed.headers().firstValue("Retry-After")).isEmpty();
        assertThat(shed.body()).contains("too many requests");
      }
      await().atMost(PATIENCE).until(() -> send(metrics).statusCode() == 200);
    }
  }

  @Test
  void aBodyThatNeverEndsHoldsNoPlace() throws Exception {
    ObservationConfig one = new ObservationConfig("127.0.0.1", 0, Duration.ofMinutes(2), 9, 1);
    Map<String, Function<Request, Page>> mounted =
        Map.of("/metrics", ObservationServerTest::metrics);
    try (ObservationServer other = ObservationServer.start(one, () -> SNAPSHOT, CLOCK, mounted);
        Socket slow = new Socket(InetAddress.getLoopbackAddress(), other.port())) {
      String head = "POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\nbegun";
      slow.getOutputStream().write(head.getBytes(US_ASCII));
      await().atMost(PATIENCE).until(() -> other.statistics().count() == 1);

      HttpRequest.Builder metrics =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + other.port() + "/metrics"));
      await().atMost(PATIENCE).until(() -> send(metrics).statusCode() == 200);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"Content-Length: 1000000000000", "Transfer-Encoding: chunked"})
  void aBodyIsNotReadToItsEnd(String header) throws Exception {
    byte[] chunk = ("10000\r\n" + "x".repeat(0x10000) + "\r\n").getBytes(US_ASCII);
    String head = "POST /metrics HTTP/1.1\r\nHost: x\r\n" + header + "\r\n\r\n";
    try (Socket sender = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      sender.getOutputStream().write(head.getBytes(US_ASCII));
      // Far more than all buffers between here and there hold.
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 10_000; i++) {
                  sender.getOutputStream().write(chunk);
                }
              })
          .isInstanceOf(SocketException.class);
    }
  }

  private static Page metrics(Request request) {
    boolean verbose = request.query().has("verbose");
    return Page.text(200, "up 1 verbose=" + verbose + " " + request.accept() + "\n");
  }

  private static HttpResponse<String> get(String target) throws Exception {
    return send(request(target));
  }

  private static HttpRequest.Builder request(String target) {
    URI uri = URI.create("http://127.0.0.1:" + server.port() + target);
    return HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(20));
  }

  private static HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }
}
