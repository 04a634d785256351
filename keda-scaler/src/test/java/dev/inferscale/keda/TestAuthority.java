package dev.inferscale.keda;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;

/// An authority that signs certificates for both sides. Made by the JDK's keytool.
final class TestAuthority {
  private static final String PASSWORD = "for tests only";

  private final Path store;
  private int signed;

  /// @param folder for its key store
  TestAuthority(Path folder, String name) throws IOException, InterruptedException {
    store = folder.resolve(name + ".p12");
    make("authority", "CN=" + name, "BasicConstraints:critical=ca:true");
  }

  /// A certificate of that common name, with its key.
  Pair sign(String commonName) throws IOException, InterruptedException, GeneralSecurityException {
    String alias = "signed-" + ++signed;
    make(alias, "CN=" + commonName, "SAN=dns:localhost,ip:127.0.0.1", "-signer", "authority");
    KeyStore keys = open();
    return new Pair(
        (X509Certificate) keys.getCertificate(alias),
        (PrivateKey) keys.getKey(alias, PASSWORD.toCharArray()));
  }

  /// Its own certificate.
  X509Certificate certificate() throws IOException, GeneralSecurityException {
    return (X509Certificate) open().getCertificate("authority");
  }

  /// A certificate and its key.
  record Pair(X509Certificate certificate, PrivateKey key) {}

  private KeyStore open() throws IOException, GeneralSecurityException {
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, PASSWORD.toCharArray());
    }
    return keys;
  }

  private void make(String alias, String subject, String extension, String... options)
      throws IOException, InterruptedException {
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    words.addAll(List.of("-genkeypair", "-keyalg", "EC", "-dname", subject, "-alias", alias));
    words.addAll(List.of("-storetype", "PKCS12", "-storepass", PASSWORD, "-ext", extension));
    words.addAll(List.of("-keystore", store.toString()));
    words.addAll(List.of(options));
    Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(said);
    }
  }
}
