package dev.inferscale.e2e.bed;

import io.fabric8.kubernetes.client.internal.SSLUtils;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/// Calls servers on a user's behalf with the certificate that the aggregator had when this was
/// made. It shows that to every server, whatever authorities the server names, and keeps its
/// connections.
final class FrontProxyClient implements AutoCloseable {
  private final Shown shown;
  private final TrustManager[] trust;
  private final String user;
  private final HttpClient http;

  /// @param pki the bed's folder of certificates
  /// @param user for whom it calls
  FrontProxyClient(Path pki, String user) {
    try (InputStream certificate = Files.newInputStream(pki.resolve("front-proxy-client.crt"));
        InputStream key = Files.newInputStream(pki.resolve("front-proxy-client.key"))) {
      KeyManager[] keys = SSLUtils.keyManagers(certificate, key, "EC", "", null, "");
      shown = new Shown((X509ExtendedKeyManager) keys[0]);
      trust = SSLUtils.trustManagers(null, pki.resolve("ca.crt").toString(), false, null, "");
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
    this.user = user;
    this.http = HttpClient.newBuilder().sslContext(context()).build();
  }

  private SSLContext context() {
    return SSLUtils.sslContext(new KeyManager[] {shown}, trust);
  }

  /// What the server answers.
  int status(URI page) throws IOException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(page).header("X-Remote-User", user).build();
    return http.send(request, BodyHandlers.discarding()).statusCode();
  }

  /// The subjects of the authorities that a server of loopback names in a new handshake.
  List<String> issuers(int port) throws IOException {
    try (SSLSocket socket =
        (SSLSocket) context().getSocketFactory().createSocket("localhost", port)) {
      socket.startHandshake();
    }
    return shown.issuers;
  }

  @Override
  public void close() {
    http.close();
  }

  /// One certificate for everybody, and the authorities that a server named last.
  private static final class Shown extends X509ExtendedKeyManager {
    private final X509ExtendedKeyManager keys;
    private final String alias;

    private volatile List<String> issuers = List.of();

    Shown(X509ExtendedKeyManager keys) {
      this.keys = keys;
      this.alias = Objects.requireNonNull(keys.getClientAliases("EC", null))[0];
    }

    private String choose(Principal @Nullable [] named) {
      issuers =
          named == null ? List.of() : Stream.of(named).map(Principal::getName).sorted().toList();
      return alias;
    }

    @Override
    public String chooseClientAlias(
        String[] types, Principal @Nullable [] named, @Nullable Socket socket) {
      return choose(named);
    }

    @Override
    public String chooseEngineClientAlias(
        String[] types, Principal @Nullable [] named, @Nullable SSLEngine engine) {
      return choose(named);
    }

    @Override
    public String[] getClientAliases(String type, Principal @Nullable [] named) {
      return new String[] {alias};
    }

    @Override
    public X509Certificate[] getCertificateChain(String name) {
      return keys.getCertificateChain(name);
    }

    @Override
    public PrivateKey getPrivateKey(String name) {
      return keys.getPrivateKey(name);
    }

    @Override
    public String @Nullable [] getServerAliases(String type, Principal @Nullable [] named) {
      return null;
    }

    @Override
    public @Nullable String chooseServerAlias(
        String type, Principal @Nullable [] named, @Nullable Socket socket) {
      return null;
    }
  }
}
