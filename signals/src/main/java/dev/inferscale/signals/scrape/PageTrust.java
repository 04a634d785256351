package dev.inferscale.signals.scrape;

import dev.inferscale.signals.pool.Credentials.Trust;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.NoSuchAlgorithmException;
import java.security.cert.X509Certificate;
import java.util.Set;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/// The TLS of pages: whose certificates are believed, and of what.
final class PageTrust {
  private PageTrust() {}

  /// @throws IllegalStateException where the JDK lacks what every JDK has
  static SSLContext context(Trust trust) {
    try {
      return switch (trust) {
        case Trust.Usual _ -> SSLContext.getDefault();
        case Trust.Authorities(Set<X509Certificate> certificates) ->
            with(authorities(certificates)::checkServerTrusted);
        case Trust.Anybody _ -> with((_, _) -> {});
      };
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException("this JDK cannot check certificates", e);
    }
  }

  private static SSLContext with(NamelessTrust.Check check) throws GeneralSecurityException {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, new TrustManager[] {new NamelessTrust(check)}, null);
    return context;
  }

  private static X509TrustManager authorities(Set<X509Certificate> certificates)
      throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    int index = 0;
    for (X509Certificate certificate : certificates) {
      store.setCertificateEntry("authority-" + index++, certificate);
    }
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    for (TrustManager manager : factory.getTrustManagers()) {
      if (manager instanceof X509TrustManager checks) {
        return checks;
      }
    }
    throw new NoSuchAlgorithmException("no trust manager for X.509");
  }
}
