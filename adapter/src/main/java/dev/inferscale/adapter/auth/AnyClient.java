package dev.inferscale.adapter.auth;

import java.net.Socket;
import java.security.cert.X509Certificate;
import java.util.function.Supplier;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/// Lets every client finish its handshake, with any certificate or none: the [Gate] judges it, with
/// every request, by the authorities of that moment. A handshake that failed would leave the caller
/// without an answer, and one that succeeded would be believed for as long as it is resumed.
final class AnyClient extends X509ExtendedTrustManager {
  private final Supplier<X509Certificate[]> issuers;

  /// @param issuers the authorities of the moment; none for "send what you have"
  AnyClient(Supplier<X509Certificate[]> issuers) {
    this.issuers = issuers;
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return issuers.get();
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type) {}

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {
    throw onlyServes();
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {
    throw onlyServes();
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type) {
    throw onlyServes();
  }

  private static UnsupportedOperationException onlyServes() {
    return new UnsupportedOperationException("this trusts no server: it is for servers");
  }
}
