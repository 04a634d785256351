package dev.inferscale.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.inferscale.adapter.certificate.CertificateSource;
import dev.inferscale.adapter.certificate.Keytool;
import dev.inferscale.adapter.certificate.Pem;
import dev.inferscale.adapter.certificate.ServingKey;
import dev.inferscale.signals.snapshot.Snapshot;
import java.io.IOException;
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
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What handshakes of a server get while its certificate is replaced.
class ServedCertificateTest {
  private static final Duration GENEROUS = Duration.ofSeconds(60);

  @TempDir Path directory;

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
        new AdapterServer.Source(
            "0.1.0", () -> snapshot, () -> true, InstantSource.system(), InstantSource.system()));
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
}
