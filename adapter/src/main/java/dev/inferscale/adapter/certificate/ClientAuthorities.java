package dev.inferscale.adapter.certificate;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Trusts the clients that the authorities of one PEM file have signed, as the file is at the
/// moment: there may be several while one replaces the other. Trusts no server.
public final class ClientAuthorities extends X509ExtendedTrustManager implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ClientAuthorities.class);

  private final String key;
  private final InstantSource wall;
  private final FollowedFiles<Authority> file;
  private final ScheduledExecutorService timer;

  /// The authorities that a file has now; followed from then on.
  ///
  /// @param key of the configuration that names the file, such as `keda.clientCa`
  /// @param every how often it is looked at
  /// @param wall when certificates are valid
  /// @throws CertificateFault where it cannot be read or holds none
  public static ClientAuthorities open(String key, Path file, Duration every, InstantSource wall)
      throws CertificateFault {
    try {
      return new ClientAuthorities(key, file, every, wall);
    } catch (IOException | GeneralSecurityException failure) {
      throw new CertificateFault(
          "%s '%s' cannot be used: %s; it must be a PEM file with the certificates of the authorities"
                  .formatted(key, file, FollowedFiles.sentence(failure))
              + " that sign clients",
          failure);
    }
  }

  private ClientAuthorities(String key, Path file, Duration every, InstantSource wall)
      throws IOException, GeneralSecurityException {
    this.key = key;
    this.wall = wall;
    this.file =
        new FollowedFiles<>(
            key,
            List.of(file),
            contents -> Authority.parse(new String(contents.getFirst(), US_ASCII)));
    this.timer =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name(key).factory());
    var _ =
        timer.scheduleWithFixedDelay(
            this::look, every.toMillis(), every.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void look() {
    file.look()
        .ifPresent(now ->
            LOG.atInfo()
                .addKeyValue("authorities", now.certificates().size())
                .addKeyValue("expires", expires())
                .log("{} replaced", key));
  }

  /// When the first of the authorities ends, on the wall clock.
  public Instant expires() {
    return file.current().certificates().stream()
        .map(each -> each.getNotAfter().toInstant())
        .min(Comparator.naturalOrder())
        .orElse(Instant.MAX);
  }

  /// What is wrong with the file now, while what it held before is used.
  public Optional<String> fault() {
    return file.fault();
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return file.current().certificates().toArray(X509Certificate[]::new);
  }

  /// Judges a client.
  ///
  /// @param chain the client's own certificate first
  /// @throws CertificateException where no authority of now vouches for it
  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
    if (chain.length == 0) {
      throw new CertificateException("no certificate");
    }
    try {
      file.current().verify(List.of(chain), wall.instant());
    } catch (CertificateException untrusted) {
      throw untrusted;
    } catch (GeneralSecurityException untrusted) {
      throw new CertificateException(untrusted.getMessage(), untrusted);
    }
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    checkClientTrusted(chain, type);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    checkClientTrusted(chain, type);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
    throw noServer();
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    throw noServer();
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    throw noServer();
  }

  private static CertificateException noServer() {
    return new CertificateException("this trusts no server: it is for servers");
  }
}
