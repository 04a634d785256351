package dev.inferscale.adapter.certificate;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ServingCertificateTest {
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
    CertificateSource files =
        new CertificateSource.PemFiles(directory.resolve("no"), directory.resolve("no"));

    assertThatThrownBy(() ->
            ServingCertificate.open("adapter", files, Duration.ofSeconds(1), Optional.empty()))
        .isInstanceOf(CertificateFault.class)
        .hasMessageContaining("adapter.certificate", "does not exist");
  }

  @Test
  void aHalfWrittenPairKeepsTheOldOneAndIsAFaultForAsLongAsItIsThere() throws Exception {
    ServingKey first = Keytool.forLoopback(Instant.now());
    ServingKey second = Keytool.forLoopback(Instant.now());
    Path chain = Files.write(directory.resolve("tls.crt"), chainPem(first));
    Path key = Files.write(directory.resolve("tls.key"), keyPem(first));
    FollowedFiles<ServingKey> files =
        new FollowedFiles<>(
            "pair", List.of(chain, key), read -> Pem.pair(read.get(0), read.get(1)));

    Files.write(chain, chainPem(second));
    assertThat(files.look()).isEmpty();
    assertThat(files.current()).isEqualTo(first);
    assertThat(files.fault()).contains("the key does not belong to the certificate");
    assertThat(files.look()).isEmpty();
    assertThat(files.fault()).isPresent();

    Files.delete(key);
    files.look();
    assertThat(files.fault().orElseThrow()).endsWith("tls.key does not exist");
    Files.write(key, keyPem(second));
    assertThat(files.look()).contains(second);
    assertThat(files.fault()).isEmpty();

    Files.delete(key);
    files.look();
    assertThat(files.fault()).isPresent();
    Files.write(key, keyPem(second));
    assertThat(files.look()).isEmpty();
    assertThat(files.fault()).isEmpty();
    assertThat(files.current()).isEqualTo(second);
  }

  @Test
  void aFileThatIsNoCertificateOrHugeIsAFault() throws Exception {
    ServingKey first = Keytool.forLoopback(Instant.now());
    Path file = Files.write(directory.resolve("ca.crt"), chainPem(first));
    FollowedFiles<Authority> files =
        new FollowedFiles<>(
            "authorities",
            List.of(file),
            read -> Authority.parse(new String(read.getFirst(), US_ASCII)));

    Files.write(file, new byte[(1 << 20) + 1]);
    files.look();
    assertThat(files.fault().orElseThrow()).endsWith("ca.crt is larger than 1048576 bytes");
    for (String bad : List.of("", "nothing", "-----BEGIN CERTIFICATE-----\nAAAA\n")) {
      Files.writeString(file, bad);
      files.look();
      assertThat(files.fault()).as(bad).isPresent();
    }
    assertThat(files.current().certificates()).isEqualTo(first.chain());
  }

  @Test
  void aHandshakeThatBeganBeforeASwapStillFindsItsKey() throws Exception {
    ServingKey first = Keytool.forLoopback(Instant.now());
    SwappableKeys keys = new SwappableKeys(first);
    String alias =
        Objects.requireNonNull(
            keys.chooseEngineServerAlias("EC", null, SSLContext.getDefault().createSSLEngine()));

    keys.swap(Keytool.forLoopback(Instant.now()));

    assertThat(keys.getPrivateKey(alias)).isEqualTo(first.key());
    assertThat(keys.getCertificateChain(alias)).containsExactly(first.chain().getFirst());
    assertThat(keys.getPrivateKey("nonsense")).isNull();
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
