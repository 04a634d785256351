package dev.inferscale.signals.scrape;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.inferscale.signals.FakeEngine;
import dev.inferscale.signals.ManualTime;
import dev.inferscale.signals.window.FetchFault;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FetchServerTest {
  private static final int MOST = 1 << 20;
  private static final Duration LONG = Duration.ofSeconds(30);

  private final FakeEngine engine = new FakeEngine();
  private final Fetch fetch = new Fetch(MOST, new ByteBudget(8L * MOST), new ManualTime());

  @AfterEach
  void close() {
    fetch.close();
    engine.close();
  }

  private FetchException fails(URI uri, Duration deadline) {
    FetchException failure =
        catchThrowableOfType(FetchException.class, () -> fetch.get(uri, deadline));
    assertThat(failure).isNotNull();
    assertThat(failure.detail()).hasSizeLessThan(128).doesNotContain("\n");
    return failure;
  }

  private FetchException fails(String path) {
    return fails(engine.uri(path), LONG);
  }

  private String text(String path) throws Exception {
    return new String(fetch.get(engine.uri(path), LONG).body(), StandardCharsets.UTF_8);
  }

  @Test
  void aPageComesWithItsContentTypeAndTime() throws Exception {
    engine.page("/metrics", "up 1\n");

    Fetch.Page page = fetch.get(engine.uri("/metrics"), LONG);
    assertThat(page.body()).asString().isEqualTo("up 1\n");
    assertThat(page.contentType()).isEqualTo("text/plain; version=0.0.4");
    assertThat(page.at()).isEqualTo(ManualTime.START);
  }

  @Test
  void textIsAskedForAndNoUpgrade() throws Exception {
    engine.page("/metrics", "up 1\n");
    fetch.get(engine.uri("/metrics"), LONG);

    assertThat(engine.lastHeaders())
        .containsEntry("Accept", "text/plain;version=0.0.4")
        .containsEntry("User-agent", "inferscale")
        .doesNotContainKeys("Upgrade", "Http2-settings");
  }

  @Test
  void gzipIsUnderstood() throws Exception {
    engine.gzip("/metrics", FakeEngine.compressed("up 1\n".getBytes(StandardCharsets.UTF_8)));

    assertThat(text("/metrics")).isEqualTo("up 1\n");
  }

  @Test
  void aSmallBodyThatHoldsFarTooMuchIsRefused() {
    byte[] bomb = FakeEngine.compressed(new byte[64 << 20]);
    assertThat(bomb.length).isLessThan(MOST);
    engine.gzip("/metrics", bomb);

    assertThat(fails("/metrics").fault()).isEqualTo(FetchFault.TOO_LARGE);
  }

  @Test
  void aBodyThatOnlyClaimsToBeGzipIsRefused() {
    engine.gzip("/metrics", "up 1\n".getBytes(StandardCharsets.UTF_8));

    assertThat(fails("/metrics").fault()).isEqualTo(FetchFault.REFUSED);
  }

  @Test
  void aHugeBodyIsCutOff() {
    engine.flood("/metrics", 100L << 20);

    assertThat(fails("/metrics").fault()).isEqualTo(FetchFault.TOO_LARGE);
  }

  @Test
  void aRedirectOnTheSameHostIsFollowed() throws Exception {
    engine.redirect("/metrics", "/metrics/").page("/metrics/", "up 1\n");

    assertThat(text("/metrics")).isEqualTo("up 1\n");
  }

  @Test
  void aRedirectToAnotherHostIsNamedAndNotFollowed() {
    engine.redirect("/metrics", "http://169.254.10.10/latest/");

    FetchException failure = fails("/metrics");
    assertThat(failure.fault()).isEqualTo(FetchFault.REDIRECT);
    assertThat(failure.detail()).contains("redirect").contains("(http://169.254.10.10)");
  }

  @Test
  void aRedirectLoopEnds() {
    engine.redirect("/metrics", "/metrics");

    assertThat(fails("/metrics").fault()).isEqualTo(FetchFault.REDIRECT);
    assertThat(engine.requests()).isEqualTo(4);
  }

  @Test
  void aRedirectToNowhereIsAFault() {
    engine.redirect("/metrics", "http://[bad");
    assertThat(fails("/metrics").fault()).isEqualTo(FetchFault.REDIRECT);

    engine.redirect("/metrics", "");
    assertThat(fails("/metrics").detail()).isEqualTo("redirects without saying where to");
  }

  @Test
  void aRedirectToAnotherPortIsNamedByItsPort() {
    engine.redirect("/metrics", "http://127.0.0.1:9/metrics?token=secret");

    assertThat(fails("/metrics").detail()).contains("http://127.0.0.1:9)").doesNotContain("token");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SSH-2.0-OpenSSH_9.2\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        "HTTP/1.1 200 OK\r\nBad Name: 1\r\n\r\n"
      })
  void anAnswerThatIsNotHttpIsSaidToBeAndLeavesNoConnectionsBehind(String answer)
      throws IOException {
    try (OddAnswers odd = new OddAnswers(answer)) {
      for (int i = 0; i < 4 * RenewedClient.MOST_SPOILT; i++) {
        FetchException failure = fails(odd.uri(), LONG);
        assertThat(failure.fault()).isEqualTo(FetchFault.UNREACHABLE);
        assertThat(failure.detail()).contains("not HTTP/1.1").contains("port");
      }

      await().until(() -> odd.open() <= RenewedClient.MOST_SPOILT);
    }
  }

  @Test
  void anotherTargetIsReadWhileTheClientIsReplaced() throws Exception {
    engine.page("/metrics", "up 1\n");
    try (OddAnswers odd = new OddAnswers("SSH-2.0-OpenSSH_9.2\r\n")) {
      for (int i = 0; i < 2 * RenewedClient.MOST_SPOILT; i++) {
        fails(odd.uri(), LONG);
        assertThat(text("/metrics")).isEqualTo("up 1\n");
      }
    }
  }

  @Test
  void anyOtherStatusIsAFaultWithAHint() {
    FetchException missing = fails("/nothing");
    assertThat(missing.fault()).isEqualTo(FetchFault.STATUS);
    assertThat(missing.detail()).startsWith("answers 404").contains("path").contains("flag");

    engine.status("/metrics", 503);
    assertThat(fails("/metrics").detail()).startsWith("answers 503");
  }

  @Test
  void nobodyListeningIsUnreachable() {
    URI uri = engine.uri("/metrics");
    engine.close();

    FetchException failure = fails(uri, LONG);
    assertThat(failure.fault()).isEqualTo(FetchFault.UNREACHABLE);
    assertThat(failure.detail()).contains("refused");
  }

  @Test
  void aServerThatAcceptsAndNeverAnswersTimesOut() throws IOException {
    try (ServerSocket mute = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      URI uri = URI.create("http://127.0.0.1:" + mute.getLocalPort() + "/metrics");

      FetchException failure = fails(uri, Duration.ofMillis(200));
      assertThat(failure.fault()).isEqualTo(FetchFault.TIMED_OUT);
      assertThat(failure.detail()).contains("200 ms");
    }
  }

  @Test
  void theDeadlineCoversTheBody() {
    engine.hangInBody("/metrics");

    assertThat(fails(engine.uri("/metrics"), Duration.ofMillis(200)).fault())
        .isEqualTo(FetchFault.TIMED_OUT);
  }
}
