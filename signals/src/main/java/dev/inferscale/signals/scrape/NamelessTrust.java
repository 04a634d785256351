package dev.inferscale.signals.scrape;

import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/// Checks who signed a server's certificate, and not whom it names: pods are asked by addresses
/// that nobody certifies. The JDK would add the check of the name to any trust manager that is not
/// of the extended kind.
final class NamelessTrust extends X509ExtendedTrustManager {
  private final Check check;

  /// Whether a server's certificates are believed.
  @FunctionalInterface
  interface Check {
    /// Believes them, or throws.
    ///
    /// @param authType as in `X509TrustManager.checkServerTrusted`
    /// @throws CertificateException unless they are
    void check(X509Certificate[] chain, String authType) throws CertificateException;
  }

  NamelessTrust(Check check) {
    this.check = check;
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    check.check(chain, authType);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    check.check(chain, authType);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    check.check(chain, authType);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    throw notAServer();
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    throw notAServer();
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    throw notAServer();
  }

  private static CertificateException notAServer() {
    return new CertificateException("this side is never a server");
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return new X509Certificate[0];
  }
}
