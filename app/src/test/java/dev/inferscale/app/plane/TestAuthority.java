package dev.inferscale.app.plane;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.inferscale.adapter.certificate.ServingKey;
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

/// An authority that signs both sides of mutual TLS. Made by the JDK's keytool.
final class TestAuthority {
  private static final String PASSWORD = "for tests only";

  private final Path store;
  private int signed;

  /// @param folder for its key store
  TestAuthority(Path folder, String name) throws IOException, InterruptedException {
    store = folder.resolve(name + ".p12");
    make("authority", "CN=" + name, "-ext", "BasicConstraints:critical=ca:true");
  }

  /// For a server on localhost.
  ServingKey server() throws IOException, InterruptedException, GeneralSecurityException {
    return sign("scaler", "serverAuth");
  }

  /// For a client of that common name.
  ServingKey client(String name)
      throws IOException, InterruptedException, GeneralSecurityException {
    return sign(name, "clientAuth");
  }

  /// Its own certificate.
  X509Certificate certificate() throws IOException, GeneralSecurityException {
    return (X509Certificate) open().getCertificate("authority");
  }

  private ServingKey sign(String name, String usage)
      throws IOException, InterruptedException, GeneralSecurityException {
    String alias = "signed-" + ++signed;
    make(
        alias,
        "CN=" + name,
        "-ext",
        "SAN=dns:localhost",
        "-ext",
        "EKU=" + usage,
        "-signer",
        "authority");
    KeyStore keys = open();
    return new ServingKey(
        (PrivateKey) keys.getKey(alias, PASSWORD.toCharArray()),
        List.of((X509Certificate) keys.getCertificate(alias)));
  }

  private KeyStore open() throws IOException, GeneralSecurityException {
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, PASSWORD.toCharArray());
    }
    return keys;
  }

  private void make(String alias, String subject, String... options)
      throws IOException, InterruptedException {
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    words.addAll(List.of("-J-XX:TieredStopAtLevel=1", "-J-XX:+UseSerialGC"));
    words.addAll(List.of("-genkeypair", "-keyalg", "EC", "-dname", subject, "-alias", alias));
    words.addAll(List.of("-storetype", "PKCS12", "-storepass", PASSWORD));
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
