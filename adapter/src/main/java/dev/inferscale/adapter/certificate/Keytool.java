package dev.inferscale.adapter.certificate;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Makes EC P-256 keys and their certificates with the JDK's own keytool, as a child process: the
/// platform has no public interface that makes any. Each call takes about half a second; the store
/// that keytool writes is only this user's to read and is deleted at once.
public final class Keytool {
  private static final String MADE = "made";
  private static final String SIGNER = "signer";
  private static final int TIMEOUT_SECONDS = 30;
  private static final Duration TEN_YEARS = Duration.ofDays(3650);
  private static final DateTimeFormatter START =
      DateTimeFormatter.ofPattern("uuuu/MM/dd HH:mm:ss").withZone(ZoneOffset.UTC);

  private Keytool() {}

  /// A self-signed certificate for `localhost` and 127.0.0.1, good for ten years: it lives as long
  /// as the process.
  ///
  /// @param now its beginning
  /// @throws GeneralSecurityException with a sentence, where keytool is missing or fails
  public static ServingKey forLoopback(Instant now) throws GeneralSecurityException {
    return make(null, now, TEN_YEARS, List.of("SAN=dns:localhost,ip:127.0.0.1", "EKU=serverAuth"));
  }

  /// An authority that may sign servers' certificates and nothing else. Each has a name of its own.
  ///
  /// @param life in whole days
  /// @throws GeneralSecurityException with a sentence, where keytool is missing or fails
  public static ServingKey authority(Instant from, Duration life) throws GeneralSecurityException {
    return make(
        null, from, life, List.of("BC:critical=ca:true,pathlen:0", "KU:critical=keyCertSign"));
  }

  /// A server's certificate; its chain ends with the authority's.
  ///
  /// @param names as clients check them; at least one
  /// @param life in whole days
  /// @throws GeneralSecurityException with a sentence, where keytool is missing or fails
  public static ServingKey signedBy(
      ServingKey authority, List<String> names, Instant from, Duration life)
      throws GeneralSecurityException {
    String san = names.stream().map(name -> "dns:" + name).collect(Collectors.joining(","));
    return make(
        authority,
        from,
        life,
        List.of("SAN=" + san, "EKU=serverAuth", "KU:critical=digitalSignature"));
  }

  private static ServingKey make(
      @Nullable ServingKey signer, Instant from, Duration life, List<String> extensions)
      throws GeneralSecurityException {
    Path keytool = Path.of(System.getProperty("java.home"), "bin", "keytool");
    if (!Files.isExecutable(keytool)) {
      throw new GeneralSecurityException(
          "no certificate can be made without the JDK's keytool, which is not at " + keytool);
    }
    try {
      Path directory = Files.createTempDirectory("inferscale-certificate");
      Path store = directory.resolve("store.p12");
      try {
        String password = random();
        if (signer != null) {
          write(store, signer, password);
        }
        run(command(keytool, store, signer != null, from, life, extensions), password);
        return read(store, password);
      } finally {
        Files.deleteIfExists(store);
        Files.deleteIfExists(directory);
      }
    } catch (IOException failure) {
      throw new GeneralSecurityException(
          "making a certificate failed: " + failure.getMessage(), failure);
    }
  }

  private static void write(Path store, ServingKey signer, String password)
      throws IOException, GeneralSecurityException {
    KeyStore keys = KeyStore.getInstance("PKCS12");
    keys.load(null, null);
    X509Certificate[] chain = signer.chain().toArray(X509Certificate[]::new);
    keys.setKeyEntry(SIGNER, signer.key(), password.toCharArray(), chain);
    try (OutputStream out = Files.newOutputStream(store)) {
      keys.store(out, password.toCharArray());
    }
  }

  private static ServingKey read(Path store, String password)
      throws IOException, GeneralSecurityException {
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, password.toCharArray());
    }
    PrivateKey key = (PrivateKey) keys.getKey(MADE, password.toCharArray());
    List<X509Certificate> chain =
        Arrays.stream(keys.getCertificateChain(MADE)).map(X509Certificate.class::cast).toList();
    return new ServingKey(key, chain);
  }

  private static List<String> command(
      Path keytool,
      Path store,
      boolean signed,
      Instant from,
      Duration life,
      List<String> extensions) {
    String options =
        "-J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC -J-Duser.timezone=UTC -genkeypair -keyalg EC"
            + " -groupname secp256r1 -sigalg SHA256withECDSA -storetype PKCS12"
            + " -storepass:env INFERSCALE_STORE_PASSWORD -alias "
            + MADE;
    List<String> command = new ArrayList<>(List.of(options.split(" ")));
    command.addFirst(keytool.toString());
    command.addAll(List.of("-keystore", store.toString()));
    command.addAll(List.of("-dname", "CN=inferscale-" + random().substring(0, 8)));
    command.addAll(List.of("-startdate", START.format(from)));
    command.addAll(List.of("-validity", String.valueOf(life.toDays())));
    extensions.stream().flatMap(each -> Stream.of("-ext", each)).forEach(command::add);
    if (signed) {
      command.addAll(List.of("-signer", SIGNER));
    }
    return command;
  }

  private static void run(List<String> command, String password)
      throws IOException, GeneralSecurityException {
    ProcessBuilder builder = new ProcessBuilder(command);
    // Not on the command line, where every user of the machine could read it.
    builder.environment().put("INFERSCALE_STORE_PASSWORD", password);
    builder.redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD);
    Process process = builder.start();
    try {
      if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
        throw new GeneralSecurityException("keytool did not end within " + TIMEOUT_SECONDS + " s");
      }
      if (process.exitValue() != 0) {
        throw new GeneralSecurityException("keytool failed with exit code " + process.exitValue());
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new GeneralSecurityException("interrupted while making a certificate", interrupted);
    } finally {
      process.destroyForcibly();
    }
  }

  private static String random() {
    byte[] random = new byte[24];
    new SecureRandom().nextBytes(random);
    return HexFormat.of().formatHex(random);
  }
}
