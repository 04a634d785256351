package dev.inferscale.adapter.certificate;

import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedKeyManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The certificate that handshakes use now. One timer thread looks at where it comes from; a pair
/// of files that cannot be read or does not belong together leaves the old one in use. Any number
/// of servers may serve one.
public final class ServingCertificate implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ServingCertificate.class);

  private final String from;
  private final SwappableKeys keys;
  private final SSLContext tls;
  private final Supplier<Optional<String>> fault;
  private final ScheduledExecutorService timer;

  /// The certificate that its source has now; followed from then on.
  ///
  /// @param section of the configuration that names it, such as `adapter`
  /// @param every how often the source is looked at
  /// @param clients judges those who show a certificate too; empty where none is asked for
  /// @throws CertificateFault where it cannot be had
  public static ServingCertificate open(
      String section,
      CertificateSource source,
      Duration every,
      Optional<? extends TrustManager> clients)
      throws CertificateFault {
    return switch (source) {
      case CertificateSource.Loopback _ ->
          new ServingCertificate(
              section,
              "self-signed",
              loopback(section),
              Optional::empty,
              Optional::empty,
              every,
              clients);
      case CertificateSource.PemFiles(Path chain, Path key) -> {
        FollowedFiles<ServingKey> files = files(section, chain, key);
        yield new ServingCertificate(
            section, "files", files.current(), files::look, files::fault, every, clients);
      }
      case CertificateSource.Held(Supplier<ServingKey> now) ->
          new ServingCertificate(
              section,
              "agreed",
              now.get(),
              () -> Optional.of(now.get()),
              Optional::empty,
              every,
              clients);
    };
  }

  private static ServingKey loopback(String section) throws CertificateFault {
    try {
      return Keytool.forLoopback(Instant.now());
    } catch (GeneralSecurityException failure) {
      throw new CertificateFault(
          "%s; set %2$s.certificate and %2$s.key".formatted(failure.getMessage(), section));
    }
  }

  private static FollowedFiles<ServingKey> files(String section, Path chain, Path key)
      throws CertificateFault {
    try {
      return new FollowedFiles<>(
          "serving certificate",
          List.of(chain, key),
          contents -> Pem.pair(contents.get(0), contents.get(1)));
    } catch (IOException | GeneralSecurityException failure) {
      throw new CertificateFault(
          "%1$s.certificate '%2$s' with %1$s.key '%3$s' cannot be used: %4$s"
              .formatted(section, chain, key, FollowedFiles.sentence(failure)),
          failure);
    }
  }

  /// @param look the key of the moment, where it may be a new one
  private ServingCertificate(
      String section,
      String from,
      ServingKey first,
      Supplier<Optional<ServingKey>> look,
      Supplier<Optional<String>> fault,
      Duration every,
      Optional<? extends TrustManager> clients)
      throws CertificateFault {
    this.from = from;
    this.keys = new SwappableKeys(first);
    this.fault = fault;
    try {
      tls = SSLContext.getInstance("TLS");
      tls.init(new KeyManager[] {keys}, clients.stream().toArray(TrustManager[]::new), null);
    } catch (GeneralSecurityException failure) {
      throw new CertificateFault("this Java has no TLS: " + failure.getMessage(), failure);
    }
    timer =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name(section + "-certificate").factory());
    var _ =
        timer.scheduleWithFixedDelay(
            () -> look.get().ifPresent(this::use),
            every.toMillis(),
            every.toMillis(),
            TimeUnit.MILLISECONDS);
  }

  private void use(ServingKey next) {
    if (!next.equals(current())) {
      keys.swap(next);
      LOG.atInfo()
          .addKeyValue("subject", next.certificate().getSubjectX500Principal())
          .addKeyValue("expires", next.expires())
          .log("serving certificate replaced");
    }
  }

  /// One word for logs: where it comes from.
  public String from() {
    return from;
  }

  /// Servers' side of TLS with it.
  public SSLContext tls() {
    return tls;
  }

  /// For those who make their own.
  public X509ExtendedKeyManager keys() {
    return keys;
  }

  /// When the certificate ends that the next handshake uses, on the wall clock.
  public Instant expires() {
    return current().expires();
  }

  /// What is wrong with its files now, while what they held before is used.
  public Optional<String> fault() {
    return fault.get();
  }

  /// What the next handshake uses.
  ServingKey current() {
    return keys.current();
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
