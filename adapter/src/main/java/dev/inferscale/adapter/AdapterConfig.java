package dev.inferscale.adapter;

import dev.inferscale.adapter.certificate.CertificateSource;
import java.nio.file.Path;
import java.time.Duration;

/// How the HTTPS server of the metrics APIs listens.
///
/// @param host a loopback address or name: this version knows no authentication
/// @param port 0 for any free one
/// @param certificate where it comes from
/// @param reloadEvery how often that place is looked at, 1 s to 1 h
/// @param idleTimeout how long a connection may stay silent; clients keep theirs for 90 s
/// @param maxConnections more wait to be accepted, 1 to 100,000
/// @param maxInFlight requests answered at a time, 1 to 100,000; what is beyond gets 503
public record AdapterConfig(
    String host,
    int port,
    CertificateSource certificate,
    Duration reloadEvery,
    Duration idleTimeout,
    int maxConnections,
    int maxInFlight) {

  /// Where the metrics APIs are by default.
  public static final int DEFAULT_PORT = 6443;

  /// Kubernetes' own servers answer as many reads at a time.
  private static final int DEFAULT_MAX_IN_FLIGHT = 400;

  public AdapterConfig {
    Ranges.port("adapter.port", port);
    Ranges.duration("adapter.reloadEvery", reloadEvery, Duration.ofSeconds(1), Duration.ofHours(1));
    Ranges.duration("adapter.idleTimeout", idleTimeout, Duration.ofSeconds(1), Duration.ofHours(1));
    Ranges.count("adapter.maxConnections", maxConnections);
    Ranges.count("adapter.maxInFlight", maxInFlight);
  }

  /// Loopback, port 6443, self-signed.
  public static AdapterConfig defaults() {
    return new AdapterConfig(
        "127.0.0.1",
        DEFAULT_PORT,
        new CertificateSource.Loopback(),
        Duration.ofSeconds(10),
        Duration.ofMinutes(2),
        1_024,
        DEFAULT_MAX_IN_FLIGHT);
  }

  public AdapterConfig withPort(int other) {
    return new AdapterConfig(
        host, other, certificate, reloadEvery, idleTimeout, maxConnections, maxInFlight);
  }

  /// The same with so many requests answered at a time.
  public AdapterConfig withMaxInFlight(int requests) {
    return new AdapterConfig(
        host, port, certificate, reloadEvery, idleTimeout, maxConnections, requests);
  }

  /// The same with a certificate from two PEM files.
  public AdapterConfig withCertificate(Path certificateFile, Path keyFile) {
    CertificateSource files = new CertificateSource.PemFiles(certificateFile, keyFile);
    return new AdapterConfig(
        host, port, files, reloadEvery, idleTimeout, maxConnections, maxInFlight);
  }
}
