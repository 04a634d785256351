package dev.inferscale.adapter.auth;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;

/// Authorities and clients, made by the JDK's keytool.
public final class Pki {
  private static final String PASSWORD = "only-for-a-test";

  private final Path store;

  /// @param folder to hold the keys
  public Pki(Path folder) {
    store = folder.resolve("pki.p12");
  }

  /// A root.
  public void root(String alias) {
    make(alias, "CN=" + alias, List.of("-ext", "bc:c"));
  }

  /// An authority below another.
  public void intermediate(String alias, String signer) {
    make(alias, "CN=" + alias, List.of("-ext", "bc:c", "-signer", signer));
  }

  /// A client's certificate, good for ten days.
  ///
  /// @param name its subject
  public void client(String alias, String signer, String name) {
    make(alias, name, List.of("-ext", "EKU=clientAuth", "-signer", signer));
  }

  /// Any certificate.
  ///
  /// @param more words of keytool
  public void make(String alias, String name, List<String> more) {
    List<String> words =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-J-XX:TieredStopAtLevel=1",
                "-J-XX:+UseSerialGC",
                "-genkeypair",
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-storetype",
                "PKCS12",
                "-storepass",
                PASSWORD,
                "-keystore",
                store.toString(),
                "-alias",
                alias,
                "-dname",
                name));
    if (!more.contains("-validity")) {
      words.addAll(List.of("-validity", "10"));
    }
    words.addAll(more);
    try {
      Process keytool = new ProcessBuilder(words).redirectErrorStream(true).start();
      String said = new String(keytool.getInputStream().readAllBytes(), UTF_8);
      if (keytool.waitFor() != 0) {
        throw new AssertionError("keytool says: " + said);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /// As a file would hold it.
  public String pem(String... aliases) {
    StringBuilder pem = new StringBuilder();
    for (String alias : aliases) {
      try {
        String base64 =
            Base64.getMimeEncoder().encodeToString(chain(alias).getFirst().getEncoded());
        pem.append("-----BEGIN CERTIFICATE-----\n")
            .append(base64)
            .append("\n-----END CERTIFICATE-----\n");
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException(e);
      }
    }
    return pem.toString();
  }

  /// The certificate first, its root last.
  public List<X509Certificate> chain(String alias) {
    try {
      Certificate[] chain = load().getCertificateChain(alias);
      return Arrays.stream(chain).map(X509Certificate.class::cast).toList();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /// Makes a client show this certificate, where the server accepts its issuer.
  public KeyManager[] keys(String alias) {
    try {
      KeyStore all = load();
      KeyStore one = KeyStore.getInstance("PKCS12");
      one.load(null, null);
      one.setKeyEntry(
          alias,
          all.getKey(alias, PASSWORD.toCharArray()),
          PASSWORD.toCharArray(),
          all.getCertificateChain(alias));
      KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
      keys.init(one, PASSWORD.toCharArray());
      return keys.getKeyManagers();
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private KeyStore load() {
    try (InputStream in = Files.newInputStream(store)) {
      KeyStore loaded = KeyStore.getInstance("PKCS12");
      loaded.load(in, PASSWORD.toCharArray());
      return loaded;
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
