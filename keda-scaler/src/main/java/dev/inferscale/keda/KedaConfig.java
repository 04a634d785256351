package dev.inferscale.keda;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;

/// How the external scaler listens.
///
/// @param host to listen on
/// @param port 0 for any free one
/// @param healthPort of `grpc.health.v1`, always without TLS since the kubelet knows none; 0 for
///   any free one
/// @param tls certificate and callers; empty for plaintext
/// @param insecure lets plaintext off loopback
/// @param grace for which a pool stays active after the last request, 0 s to 1 h
/// @param maxStreams open at the same time, 1 to 100,000
/// @param reflection lets anybody list the services
public record KedaConfig(
    String host,
    int port,
    int healthPort,
    Optional<MutualTls> tls,
    boolean insecure,
    Duration grace,
    int maxStreams,
    boolean reflection) {

  /// Where the external scaler is by default, and its health service.
  public static final int DEFAULT_PORT = 6000;

  /// Where its health service is by default.
  public static final int DEFAULT_HEALTH_PORT = 6001;

  /// Certificates on both sides: the only way in which KEDA can say who it is.
  ///
  /// @param keys gives each handshake the certificate of that moment
  /// @param callers trusts the authorities of the moment; several while one replaces the other
  /// @param clients who may ask; empty for all that the authorities vouch for
  public record MutualTls(
      X509ExtendedKeyManager keys, X509ExtendedTrustManager callers, List<Client> clients) {
    public MutualTls {
      clients = List.copyOf(clients);
    }
  }

  /// Somebody who may ask.
  ///
  /// @param name in the certificate: its common name, or one of its DNS names or URIs
  /// @param namespaces whose ScaledObjects it may ask for; without them all
  public record Client(String name, Optional<List<String>> namespaces) {
    public Client {
      if (name.isBlank() || name.length() > 253) {
        throw new IllegalArgumentException(
            "name must be the common name, a DNS name or a URI of a client certificate");
      }
      namespaces = namespaces.map(List::copyOf);
      if (namespaces.isPresent() && !areNames(namespaces.get())) {
        throw new IllegalArgumentException(
            "namespaces must be names of namespaces, at least one; leave the key out for all");
      }
    }

    /// One who may ask for all namespaces.
    public static Client ofAll(String name) {
      return new Client(name, Optional.empty());
    }

    private static boolean areNames(List<String> namespaces) {
      return !namespaces.isEmpty()
          && namespaces.stream()
              .allMatch(each -> each.matches("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"));
    }

    boolean mayAskFor(String namespace) {
      return namespaces.map(each -> each.contains(namespace)).orElse(true);
    }
  }

  public KedaConfig {
    requirePort("port", port);
    requirePort("healthPort", healthPort);
    if (grace.isNegative() || grace.compareTo(Duration.ofHours(1)) > 0) {
      throw new IllegalArgumentException("grace must be 0s to 1h");
    }
    if (maxStreams < 1 || maxStreams > 100_000) {
      throw new IllegalArgumentException("maxStreams must be 1 to 100000");
    }
  }

  private static void requirePort(String key, int port) {
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException(key + " must be 0 to 65535");
    }
  }

  /// Loopback, plaintext.
  public static KedaConfig defaults() {
    return new KedaConfig(
        "127.0.0.1",
        DEFAULT_PORT,
        DEFAULT_HEALTH_PORT,
        Optional.empty(),
        false,
        Duration.ofSeconds(30),
        20_000,
        false);
  }

  /// The same on other ports.
  public KedaConfig onPorts(int serving, int health) {
    return new KedaConfig(host, serving, health, tls, insecure, grace, maxStreams, reflection);
  }

  /// The same with certificates.
  public KedaConfig withTls(MutualTls both) {
    return new KedaConfig(
        host, port, healthPort, Optional.of(both), insecure, grace, maxStreams, reflection);
  }
}
