package dev.inferscale.signals.scrape;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.inferscale.signals.Authority;
import dev.inferscale.signals.FakeEngine;
import dev.inferscale.signals.ManualTime;
import dev.inferscale.signals.pool.Credentials;
import dev.inferscale.signals.pool.Credentials.Token;
import dev.inferscale.signals.pool.Credentials.Trust;
import dev.inferscale.signals.window.FetchFault;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Whose certificates are believed, and where a token goes, against servers that speak TLS.
class FetchTlsServerTest {
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final String PAGE = "up 1\n";

  @TempDir private static Path folder;
  private static Authority authority;
  private static Authority other;

  private final Clients clients = new Clients();
  private final Fetch fetch =
      new Fetch(1 << 20, new ByteBudget(1 << 23), new ManualTime(), clients);

  @BeforeAll
  static void found() {
    authority = new Authority(folder);
    other = new Authority(folder);
  }

  @AfterEach
  void close() {
    fetch.close();
  }

  private static Credentials trusting(Authority... authorities) {
    Set<X509Certificate> certificates = new HashSet<>();
    for (Authority each : authorities) {
      certificates.add(each.certificate());
    }
    return new Credentials(new Trust.Authorities(certificates), null);
  }

  private static Credentials trusting(Trust trust, @Nullable String token) {
    return new Credentials(trust, token == null ? null : new Token(token));
  }

  private String text(FakeEngine engine, Credentials as) throws Exception {
    try (Fetch.Page page = fetch.get(engine.uri("/metrics"), as, LONG)) {
      return new String(page.body(), UTF_8);
    }
  }

  private FetchException fails(FakeEngine engine, Credentials as) {
    FetchException failure =
        catchThrowableOfType(
            FetchException.class, () -> fetch.get(engine.uri("/metrics"), as, LONG));
    assertThat(failure).isNotNull();
    assertThat(failure.detail()).hasSizeLessThan(128).doesNotContain("\n");
    return failure;
  }

  @Test
  void aServerOfTheNamedAuthorityIsBelievedWhateverItIsCalled() throws Exception {
    try (FakeEngine engine = new FakeEngine(authority.server("-ext", "SAN=dns:chat.serving.svc"))) {
      engine.page("/metrics", PAGE);

      assertThat(text(engine, trusting(authority))).isEqualTo(PAGE);
      assertThat(text(engine, trusting(other, authority))).isEqualTo(PAGE);
    }
  }

  @Test
  void aServerOfAnotherAuthorityIsNotAndSaysWhy() {
    try (FakeEngine engine = new FakeEngine(authority.server("-ext", "SAN=ip:127.0.0.1"))) {
      engine.page("/metrics", PAGE);

      FetchException failure = fails(engine, trusting(other));
      assertThat(failure.fault()).isEqualTo(FetchFault.UNREACHABLE);
      assertThat(failure.detail())
          .isEqualTo("TLS failed: no authority that the pool trusts signed it");
      assertThat(fails(engine, Credentials.NONE).detail()).contains("no authority");
      assertThat(engine.requests()).isZero();
    }
  }

  @Test
  void aCertificateThatHasExpiredIsNotBelievedAndSaysSo() {
    try (FakeEngine engine =
        new FakeEngine(authority.server("-startdate", "-9d", "-validity", "5"))) {
      assertThat(fails(engine, trusting(authority)).detail())
          .isEqualTo("TLS failed: its certificate has expired; renew it");
    }
  }

  @Test
  void aCertificateOfTomorrowIsNotBelievedAndSaysSo() {
    try (FakeEngine engine = new FakeEngine(authority.server("-startdate", "+1d"))) {
      assertThat(fails(engine, trusting(authority)).detail()).contains("not valid yet");
    }
  }

  @Test
  void withoutChecksAnyCertificateWillDo() throws Exception {
    try (FakeEngine engine =
        new FakeEngine(authority.server("-startdate", "-9d", "-validity", "5"))) {
      engine.page("/metrics", PAGE);

      assertThat(text(engine, trusting(new Trust.Anybody(), null))).isEqualTo(PAGE);
    }
  }

  @Test
  void whatDoesNotSpeakTlsIsSaidNotTo() throws IOException {
    try (ServerSocket plain = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      Thread.ofVirtual().start(() -> answerInPlainText(plain));
      URI https = URI.create("https://127.0.0.1:" + plain.getLocalPort() + "/metrics");
      FetchException failure =
          catchThrowableOfType(
              FetchException.class, () -> fetch.get(https, trusting(authority), LONG));
      assertThat(failure.detail()).startsWith("TLS failed: is it https");
    }
  }

  /// As servers of http answer what they cannot read.
  private static void answerInPlainText(ServerSocket server) {
    try (Socket client = server.accept()) {
      client.getInputStream().read(new byte[512]);
      client.getOutputStream().write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void theTokenGoesAlongAndARefusalAsksForIt() throws Exception {
    try (FakeEngine engine = new FakeEngine(authority.server())) {
      engine.guarded("/metrics", "right", PAGE);
      Trust trust = trusting(authority).trust();

      assertThat(text(engine, trusting(trust, "right"))).isEqualTo(PAGE);
      FetchException wrong = fails(engine, trusting(trust, "wrong"));
      assertThat(wrong.fault()).isEqualTo(FetchFault.STATUS);
      assertThat(wrong.detail())
          .startsWith("answers 401; is the token of bearerTokenSecretRef right")
          .doesNotContain("wrong");
      assertThat(fails(engine, trusting(trust, null)).detail())
          .isEqualTo(
              "answers 401; its metrics page wants credentials; name a token in"
                  + " bearerTokenSecretRef");
    }
  }

  @Test
  void theTokenFollowsARedirectOnTheSameHostAndNoOther() throws Exception {
    Credentials secret = trusting(new Trust.Usual(), "right");
    try (FakeEngine engine = new FakeEngine();
        FakeEngine elsewhere = new FakeEngine()) {
      engine.redirect("/metrics", "/metrics/").guarded("/metrics/", "right", PAGE);
      assertThat(text(engine, secret)).isEqualTo(PAGE);

      elsewhere.page("/metrics", PAGE);
      engine.redirect("/metrics", elsewhere.uri("/metrics").toString());
      assertThat(fails(engine, secret).fault()).isEqualTo(FetchFault.REDIRECT);
      assertThat(elsewhere.requests()).isZero();
    }
  }

  @Test
  void whoTrustsTheSameSharesAClientAndItEndsWithTheLastOfThem() throws Exception {
    try (FakeEngine engine = new FakeEngine(authority.server())) {
      engine.page("/metrics", PAGE);
      text(engine, trusting(authority));
      text(engine, trusting(authority));
      assertThat(clients.count()).isEqualTo(1);
      text(engine, trusting(new Trust.Anybody(), null));
      assertThat(clients.count()).isEqualTo(2);

      fetch.retain(Set.of(trusting(authority).trust()));
      assertThat(clients.count()).isEqualTo(1);
      fetch.retain(Set.of());
      assertThat(clients.count()).isZero();
      assertThat(text(engine, trusting(authority))).isEqualTo(PAGE);
    }
  }

  @Test
  void aTrustThatWasTakenAwayDoesNotLiveOnInAnOpenConnection() throws Exception {
    try (FakeEngine engine = new FakeEngine(authority.server())) {
      engine.page("/metrics", PAGE);
      text(engine, trusting(authority));

      assertThat(fails(engine, trusting(other)).detail()).contains("no authority");
    }
  }
}
