package dev.inferscale.signals;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/// An authority that signs servers' certificates, made by the JDK's keytool.
public final class Authority {
  private static final String PASSWORD = "for tests only";
  private static final String AUTHORITY = "authority";

  private final Path store;
  private int issued;

  /// @param folder for its key store
  public Authority(Path folder) {
    try {
      store = Files.createTempFile(folder, "authority", ".p12");
      Files.delete(store);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    make(AUTHORITY, "-ext", "BasicConstraints:critical=ca:true");
  }

  /// The authority's own certificate, as a Secret holds it.
  public String pem() {
    return pem(certificate());
  }

  /// A certificate as PEM text.
  public static String pem(Certificate certificate) {
    try {
      String base64 =
          Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(certificate.getEncoded());
      return "-----BEGIN CERTIFICATE-----\n" + base64 + "\n-----END CERTIFICATE-----\n";
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /// The authority's own certificate.
  public X509Certificate certificate() {
    try {
      return (X509Certificate) loaded().getCertificate(AUTHORITY);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /// A server with a fresh certificate of this authority, which it sends together with the
  /// authority's own.
  ///
  /// @param options of keytool, such as `-ext SAN=ip:127.0.0.1`
  public SSLContext server(String... options) {
    String alias = "server-" + issued++;
    List<String> words = new ArrayList<>(List.of(options));
    words.addAll(List.of("-signer", AUTHORITY));
    make(alias, words.toArray(String[]::new));
    try {
      KeyStore all = loaded();
      KeyStore one = KeyStore.getInstance("PKCS12");
      one.load(null, null);
      PrivateKey key = (PrivateKey) all.getKey(alias, PASSWORD.toCharArray());
      one.setKeyEntry(alias, key, PASSWORD.toCharArray(), all.getCertificateChain(alias));
      KeyManagerFactory keys =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(one, PASSWORD.toCharArray());
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys.getKeyManagers(), null, null);
      return context;
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private KeyStore loaded() {
    try (InputStream in = Files.newInputStream(store)) {
      KeyStore loaded = KeyStore.getInstance("PKCS12");
      loaded.load(in, PASSWORD.toCharArray());
      return loaded;
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private void make(String alias, String... options) {
    List<String> words =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-J-XX:TieredStopAtLevel=1",
                "-genkeypair",
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-dname",
                "CN=" + alias,
                "-alias",
                alias,
                "-storetype",
                "PKCS12",
                "-storepass",
                PASSWORD,
                "-keystore",
                store.toString()));
    words.addAll(List.of(options));
    try {
      Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
      process.getOutputStream().close();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() != 0) {
        throw new IllegalStateException("keytool failed: " + said);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
