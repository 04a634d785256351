package dev.inferscale.e2e.bed;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

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
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/// An authority, one certificate that it has signed for an engine, which names a Service and no
/// address, as issuers in clusters do, and others on demand. Made by the JDK's keytool.
final class EngineAuthority {
  private static final String PASSWORD = "for tests only";

  private final Path store;
  private final String pem;
  private final SSLContext server;

  /// @param folder for its key store
  EngineAuthority(Path folder) throws IOException, GeneralSecurityException {
    store = folder.resolve("authority-" + Integer.toHexString(hashCode()) + ".p12");
    make(store, "authority", "-ext", "BasicConstraints:critical=ca:true");
    make(store, "engine", "-signer", "authority", "-ext", "SAN=dns:chat.serving.svc");
    KeyStore keys = open();
    byte[] certificate = keys.getCertificate("authority").getEncoded();
    pem =
        "-----BEGIN CERTIFICATE-----\n"
            + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(certificate)
            + "\n-----END CERTIFICATE-----\n";
    keys.deleteEntry("authority");
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(keys, PASSWORD.toCharArray());
    server = SSLContext.getInstance("TLS");
    server.init(factory.getKeyManagers(), null, null);
  }

  /// Its own certificate, as a Secret holds it.
  String pem() {
    return pem;
  }

  /// What the engine shows to its clients.
  SSLContext server() {
    return server;
  }

  /// A further certificate, with its key.
  ///
  /// @param name its common name; it is good for `localhost`
  /// @param usage `serverAuth` or `clientAuth`
  ServingKey sign(String name, String usage) throws IOException, GeneralSecurityException {
    make(store, name, "-signer", "authority", "-ext", "SAN=dns:localhost", "-ext", "EKU=" + usage);
    KeyStore keys = open();
    return new ServingKey(
        (PrivateKey) keys.getKey(name, PASSWORD.toCharArray()),
        List.of((X509Certificate) keys.getCertificate(name)));
  }

  private KeyStore open() throws IOException, GeneralSecurityException {
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, PASSWORD.toCharArray());
    }
    return keys;
  }

  private static void make(Path store, String alias, String... options) throws IOException {
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    words.addAll(List.of("-genkeypair", "-keyalg", "EC", "-dname", "CN=" + alias));
    words.addAll(List.of("-alias", alias, "-storetype", "PKCS12", "-storepass", PASSWORD));
    words.addAll(List.of("-keystore", store.toString()));
    words.addAll(List.of(options));
    Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    try {
      assertThat(process.waitFor()).as(said).isZero();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
