package dev.inferscale.adapter;

import dev.inferscale.adapter.certificate.CertificateSource;
import dev.inferscale.adapter.certificate.Keytool;
import dev.inferscale.adapter.certificate.Pem;
import dev.inferscale.adapter.certificate.ServingKey;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The certificate that handshakes use now. One timer thread looks at where it comes from. Of files
/// it compares the contents, so that symlink swaps and plain writes look alike, any number of
/// times; a pair that cannot be read or does not belong together leaves the old one in use and is
/// logged once. Any number of servers may serve one.
public final class ServingCertificate implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ServingCertificate.class);
  private static final int MAX_FILE_BYTES = 1 << 20;

  private final String from;
  private final SwappableKeys keys;
  private final SSLContext tls;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("adapter-certificate").factory());

  /// What the files held when they were last looked at, good or not; only the timer thread's after
  /// construction.
  private byte[] seenChain = {};

  private byte[] seenKey = {};

  /// What was last complained about, so that a lasting fault is logged once.
  private String complaint = "";

  /// The certificate that its source has now; followed from then on.
  ///
  /// @param clients judges those who show a certificate too; empty where none is asked for
  /// @throws StartFault where it cannot be had
  public static ServingCertificate open(
      AdapterConfig config, Optional<? extends TrustManager> clients) throws StartFault {
    long everyMillis = config.reloadEvery().toMillis();
    return switch (config.certificate()) {
      case CertificateSource.Loopback _ ->
          new ServingCertificate("self-signed", loopback(), clients);
      case CertificateSource.PemFiles(Path chain, Path key) ->
          files(chain, key, clients, everyMillis);
      case CertificateSource.Held(Supplier<ServingKey> now) -> {
        ServingCertificate opened = new ServingCertificate("agreed", now.get(), clients);
        opened.every(everyMillis, () -> opened.follow(now));
        yield opened;
      }
    };
  }

  private static ServingKey loopback() throws StartFault {
    try {
      return Keytool.forLoopback(Instant.now());
    } catch (GeneralSecurityException failure) {
      throw new StartFault(failure.getMessage() + "; set adapter.certificate and adapter.key");
    }
  }

  private static ServingCertificate files(
      Path chain, Path key, Optional<? extends TrustManager> clients, long everyMillis)
      throws StartFault {
    try {
      byte[] chainBytes = read(chain);
      byte[] keyBytes = read(key);
      ServingCertificate opened =
          new ServingCertificate("files", Pem.pair(chainBytes, keyBytes), clients);
      opened.seenChain = chainBytes;
      opened.seenKey = keyBytes;
      opened.every(everyMillis, () -> opened.reload(chain, key));
      return opened;
    } catch (IOException | GeneralSecurityException failure) {
      throw new StartFault(
          "adapter.certificate '%s' with adapter.key '%s' cannot be used: %s"
              .formatted(chain, key, sentence(failure)),
          failure);
    }
  }

  private ServingCertificate(
      String from, ServingKey first, Optional<? extends TrustManager> clients) throws StartFault {
    this.from = from;
    keys = new SwappableKeys(first);
    try {
      tls = SSLContext.getInstance("TLS");
      tls.init(new KeyManager[] {keys}, clients.stream().toArray(TrustManager[]::new), null);
    } catch (GeneralSecurityException failure) {
      throw new StartFault("this Java has no TLS: " + failure.getMessage(), failure);
    }
  }

  /// One word for logs: where it comes from.
  String from() {
    return from;
  }

  SSLContext tls() {
    return tls;
  }

  /// When the certificate ends that the next handshake uses, on the wall clock.
  public Instant expires() {
    return current().expires();
  }

  /// What the next handshake uses.
  ServingKey current() {
    return keys.current();
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }

  private void every(long millis, Runnable look) {
    var _ = timer.scheduleWithFixedDelay(look, millis, millis, TimeUnit.MILLISECONDS);
  }

  private void follow(Supplier<ServingKey> now) {
    ServingKey next = now.get();
    if (!next.equals(current())) {
      keys.swap(next);
      LOG.atInfo().addKeyValue("expires", next.expires()).log("serving certificate replaced");
    }
  }

  /// Looks at the files once.
  void reload(Path chain, Path key) {
    try {
      byte[] chainBytes = read(chain);
      byte[] keyBytes = read(key);
      if (Arrays.equals(chainBytes, seenChain) && Arrays.equals(keyBytes, seenKey)) {
        return;
      }
      seenChain = chainBytes;
      seenKey = keyBytes;
      keys.swap(Pem.pair(chainBytes, keyBytes));
      LOG.atInfo()
          .addKeyValue("certificate", chain)
          .addKeyValue("expires", current().expires())
          .log("serving certificate replaced");
      complaint = "";
    } catch (IOException | GeneralSecurityException | RuntimeException failure) {
      complain(chain, sentence(failure));
    }
  }

  private void complain(Path chain, String why) {
    if (!why.equals(complaint)) {
      LOG.atWarn()
          .addKeyValue("certificate", chain)
          .addKeyValue("why", why)
          .log("new serving certificate cannot be used; the old one stays");
      complaint = why;
    }
  }

  private static byte[] read(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(MAX_FILE_BYTES + 1);
      if (bytes.length > MAX_FILE_BYTES) {
        throw new IOException(file + " is larger than " + MAX_FILE_BYTES + " bytes");
      }
      return bytes;
    }
  }

  private static String sentence(Exception failure) {
    return failure instanceof NoSuchFileException missing
        ? missing.getMessage() + " does not exist"
        : String.valueOf(failure.getMessage());
  }
}
