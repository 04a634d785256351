package dev.inferscale.adapter;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// Makes a certificate for loopback with the JDK's own keytool, as a child process: the platform
/// has no public interface that makes one. The store it writes is deleted at once.
final class SelfSigned {
  private static final String ALIAS = "inferscale";
  private static final int TIMEOUT_SECONDS = 30;

  private SelfSigned() {}

  /// A fresh EC P-256 key and a certificate for `localhost` and 127.0.0.1, good for ten years: it
  /// lives as long as the process.
  ///
  /// @throws StartFault where keytool is missing or fails
  static ServingKey make() throws StartFault {
    Path keytool = Path.of(System.getProperty("java.home"), "bin", "keytool");
    if (!Files.isExecutable(keytool)) {
      throw new StartFault(
          "no self-signed certificate can be made without the JDK's keytool, which is not at "
              + keytool
              + "; set adapter.certificate and adapter.key");
    }
    try {
      Path directory = Files.createTempDirectory("inferscale-certificate");
      Path store = directory.resolve("store.p12");
      try {
        return make(keytool, store);
      } finally {
        Files.deleteIfExists(store);
        Files.deleteIfExists(directory);
      }
    } catch (IOException | GeneralSecurityException failure) {
      throw new StartFault(
          "making a self-signed certificate failed: " + failure.getMessage(), failure);
    }
  }

  private static ServingKey make(Path keytool, Path store)
      throws IOException, GeneralSecurityException, StartFault {
    String password = password();
    ProcessBuilder builder = new ProcessBuilder(command(keytool, store));
    // Not on the command line, where every user of the machine could read it.
    builder.environment().put("INFERSCALE_STORE_PASSWORD", password);
    builder.redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD);
    await(builder.start());
    KeyStore loaded = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      loaded.load(in, password.toCharArray());
    }
    PrivateKey key = (PrivateKey) loaded.getKey(ALIAS, password.toCharArray());
    X509Certificate certificate = (X509Certificate) loaded.getCertificate(ALIAS);
    return new ServingKey(key, List.of(certificate));
  }

  private static List<String> command(Path keytool, Path store) {
    String options =
        "-J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC -genkeypair -keyalg EC -groupname secp256r1"
            + " -sigalg SHA256withECDSA -validity 3650 -dname CN=inferscale"
            + " -ext SAN=dns:localhost,ip:127.0.0.1 -ext EKU=serverAuth -storetype PKCS12"
            + " -storepass:env INFERSCALE_STORE_PASSWORD -alias "
            + ALIAS
            + " -keystore";
    List<String> command = new ArrayList<>(List.of(options.split(" ")));
    command.addFirst(keytool.toString());
    command.add(store.toString());
    return command;
  }

  private static void await(Process process) throws StartFault {
    try {
      if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
        throw new StartFault("keytool did not end within " + TIMEOUT_SECONDS + " s");
      }
      if (process.exitValue() != 0) {
        throw new StartFault("keytool failed with exit code " + process.exitValue());
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new StartFault("interrupted while making a certificate", interrupted);
    } finally {
      process.destroyForcibly();
    }
  }

  private static String password() {
    byte[] random = new byte[24];
    new SecureRandom().nextBytes(random);
    return HexFormat.of().formatHex(random);
  }
}
