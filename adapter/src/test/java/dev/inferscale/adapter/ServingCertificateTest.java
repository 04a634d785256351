package dev.inferscale.adapter;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.inferscale.adapter.certificate.CertificateSource;
import dev.inferscale.adapter.certificate.Keytool;
import dev.inferscale.adapter.certificate.Pem;
import dev.inferscale.adapter.certificate.ServingKey;
import dev.inferscale.signals.snapshot.Snapshot;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ServingCertificateTest {
  private static final Duration GENEROUS = Duration.ofSeconds(60);

  @TempDir Path directory;

  @Test
  void aSelfSignedCertificateIsForLoopback() throws Exception {
    ServingKey made = Keytool.forLoopback(Instant.now());

    X509Certificate certificate = made.chain().getFirst();
    assertThat(certificate.getSubjectAlternativeNames())
        .extracting(name -> String.valueOf(name.get(1)))
        .containsExactlyInAnyOrder("localhost", "127.0.0.1");
    assertThat(made.key().getAlgorithm()).isEqualTo("EC");
    assertThat(made.expires()).isAfter(Instant.now().plus(Duration.ofDays(365)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"ec.crt ec-sec1.key", "rsa.crt rsa-pkcs1.key"})
  void theOlderFormsOfKeysAreRead(String files) throws Exception {
    String[] names = files.split(" ", -1);

    ServingKey read = Pem.pair(resource(names[0]), resource(names[1]));

    assertThat(read.chain()).hasSize(1);
  }

  @Test
  void aPairThatDoesNotBelongTogetherIsRefused() throws Exception {
    ServingKey one = Keytool.forLoopback(Instant.now());
    ServingKey other = Keytool.forLoopback(Instant.now());

    assertThatThrownBy(() -> Pem.pair(chainPem(one), keyPem(other)))
        .isInstanceOf(GeneralSecurityException.class)
        .hasMessage("the key does not belong to the certificate");
    assertThatThrownBy(() -> Pem.pair(resource("rsa.crt"), keyPem(other)))
        .isInstanceOf(GeneralSecurityException.class);
    assertThatThrownBy(() -> Pem.pair(chainPem(one), "no key".getBytes(US_ASCII)))
        .hasMessageContaining("no unencrypted PEM private key");
    assertThatThrownBy(() -> Pem.pair(new byte[0], keyPem(one)))
        .isInstanceOf(GeneralSecurityException.class);
  }

  @Test
  void missingFilesAreNamed() {
    AdapterConfig config =
        AdapterConfig.defaults().withCertificate(directory.resolve("no"), directory.resolve("no"));

    assertThatThrownBy(() -> ServingCertificate.open(config, Optional.empty()))
        .isInstanceOf(StartFault.class)
        .hasMessageContaining("adapter.certificate", "does not exist");
  }

  /// Case M07, for certificates.
  @Test
  void everySymlinkSwapReachesTheNextHandshake() throws Exception {
    List<ServingKey> keys =
        List.of(Keytool.forLoopback(Instant.now()), Keytool.forLoopback(Instant.now()));
    publish(0, keys.getFirst());
    try (AdapterServer server = start()) {
      for (int version = 1; version <= 6; version++) {
        ServingKey next = keys.get(version % 2);
        publish(version, next);
        await().atMost(GENEROUS).until(() -> served(server).equals(serial(next)));
      }
    }
  }

  @Test
  void whatSomebodyElseHoldsIsFollowed() throws Exception {
    ServingKey first = Keytool.forLoopback(Instant.now());
    AtomicReference<ServingKey> held = new AtomicReference<>(first);
    try (AdapterServer server = start(new CertificateSource.Held(held::get))) {
      assertThat(served(server)).isEqualTo(serial(first));

      ServingKey next = Keytool.forLoopback(Instant.now());
      held.set(next);
      await().atMost(GENEROUS).until(() -> served(server).equals(serial(next)));
    }
  }

  @Test
  void aHalfWrittenPairKeepsTheOldCertificate() throws Exception {
    ServingKey first = Keytool.forLoopback(Instant.now());
    ServingKey second = Keytool.forLoopback(Instant.now());
    Path chain = Files.write(directory.resolve("tls.crt"), chainPem(first));
    Path key = Files.write(directory.resolve("tls.key"), keyPem(first));
    ServingCertificate certificate =
        ServingCertificate.open(
            AdapterConfig.defaults().withCertificate(chain, key), Optional.empty());
    try (certificate) {
      Files.write(chain, chainPem(second));
      certificate.reload(chain, key);
      assertThat(serial(certificate.current())).isEqualTo(serial(first));

      Files.delete(key);
      certificate.reload(chain, key);
      assertThat(serial(certificate.current())).isEqualTo(serial(first));

      Files.write(key, keyPem(second));
      certificate.reload(chain, key);
      assertThat(serial(certificate.current())).isEqualTo(serial(second));
    }
  }

  @Test
  void aHandshakeThatBeganBeforeASwapStillFindsItsKey() throws Exception {
    ServingKey first = Keytool.forLoopback(Instant.now());
    SwappableKeys keys = new SwappableKeys(first);
    String alias =
        Objects.requireNonNull(
            keys.chooseEngineServerAlias("EC", null, TrustAnyone.tls().createSSLEngine()));

    keys.swap(Keytool.forLoopback(Instant.now()));

    assertThat(keys.getPrivateKey(alias)).isEqualTo(first.key());
    assertThat(keys.getCertificateChain(alias)).containsExactly(first.chain().getFirst());
    assertThat(keys.getPrivateKey("nonsense")).isNull();
  }

  /// As the kubelet mounts a Secret: files behind a link to a directory that is swapped as a whole.
  private void publish(int version, ServingKey pair) throws IOException, GeneralSecurityException {
    Path target = Files.createDirectory(directory.resolve("..v" + version));
    Files.write(target.resolve("tls.crt"), chainPem(pair));
    Files.write(target.resolve("tls.key"), keyPem(pair));
    Path next = Files.createSymbolicLink(directory.resolve("..tmp"), target.getFileName());
    Files.move(
        next,
        directory.resolve("..data"),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
    for (String name : List.of("tls.crt", "tls.key")) {
      if (version == 0) {
        Files.createSymbolicLink(directory.resolve(name), Path.of("..data", name));
      } else {
        Files.delete(directory.resolve("..v" + (version - 1)).resolve(name));
      }
    }
  }

  private AdapterServer start() throws StartFault {
    return start(
        new CertificateSource.PemFiles(directory.resolve("tls.crt"), directory.resolve("tls.key")));
  }

  private static AdapterServer start(CertificateSource source) throws StartFault {
    AdapterConfig defaults = AdapterConfig.defaults();
    Snapshot snapshot = FoldedPool.snapshot();
    return AdapterServer.start(
        new AdapterConfig(
            defaults.host(),
            0,
            source,
            Duration.ofSeconds(1),
            defaults.idleTimeout(),
            defaults.maxConnections(),
            defaults.maxInFlight()),
        "0.1.0",
        () -> snapshot,
        InstantSource.system(),
        InstantSource.system());
  }

  private static BigInteger served(AdapterServer server) throws IOException {
    try (SSLSocket socket =
        (SSLSocket) TrustAnyone.tls().getSocketFactory().createSocket("127.0.0.1", server.port())) {
      socket.startHandshake();
      return ((X509Certificate) socket.getSession().getPeerCertificates()[0]).getSerialNumber();
    }
  }

  private static BigInteger serial(ServingKey key) {
    return key.chain().getFirst().getSerialNumber();
  }

  private static byte[] chainPem(ServingKey pair) throws GeneralSecurityException {
    return Pem.of(pair.chain());
  }

  private static byte[] keyPem(ServingKey pair) {
    return Pem.of(pair.key());
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream in = ServingCertificateTest.class.getResourceAsStream("pem/" + name)) {
      return Objects.requireNonNull(in).readAllBytes();
    }
  }
}
