package dev.inferscale.adapter;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The certificate that handshakes use now. Where it comes from files, one timer thread compares
/// their contents, so that symlink swaps and plain writes look alike, any number of times. A pair
/// that cannot be read or does not belong together leaves the old one in use and is logged once.
final class ServingCertificate implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ServingCertificate.class);
  private static final int MAX_FILE_BYTES = 1 << 20;

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

  /// The configured files' pair, or a self-signed one where none are configured.
  ///
  /// @param clients judges those who show a certificate too; empty where none is asked for
  /// @throws StartFault where neither can be had
  static ServingCertificate open(AdapterConfig config, Optional<? extends TrustManager> clients)
      throws StartFault {
    Path chain = config.certificate();
    Path key = config.key();
    if (chain == null || key == null) {
      return new ServingCertificate(SelfSigned.make(), clients);
    }
    try {
      byte[] chainBytes = read(chain);
      byte[] keyBytes = read(key);
      ServingCertificate opened =
          new ServingCertificate(PemPair.parse(chainBytes, keyBytes), clients);
      opened.seenChain = chainBytes;
      opened.seenKey = keyBytes;
      opened.watch(chain, key, config.reloadEvery().toMillis());
      return opened;
    } catch (IOException | GeneralSecurityException failure) {
      throw new StartFault(
          "adapter.certificate '%s' with adapter.key '%s' cannot be used: %s"
              .formatted(chain, key, sentence(failure)),
          failure);
    }
  }

  private ServingCertificate(ServingKey first, Optional<? extends TrustManager> clients)
      throws StartFault {
    keys = new SwappableKeys(first);
    try {
      tls = SSLContext.getInstance("TLS");
      tls.init(new KeyManager[] {keys}, clients.stream().toArray(TrustManager[]::new), null);
    } catch (GeneralSecurityException failure) {
      throw new StartFault("this Java has no TLS: " + failure.getMessage(), failure);
    }
  }

  SSLContext tls() {
    return tls;
  }

  /// What the next handshake uses.
  ServingKey current() {
    return keys.current();
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }

  private void watch(Path chain, Path key, long everyMillis) {
    var _ =
        timer.scheduleWithFixedDelay(
            () -> reload(chain, key), everyMillis, everyMillis, TimeUnit.MILLISECONDS);
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
      keys.swap(PemPair.parse(chainBytes, keyBytes));
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
