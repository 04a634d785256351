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
public record AdapterConfig(
    String host,
    int port,
    CertificateSource certificate,
    Duration reloadEvery,
    Duration idleTimeout,
    int maxConnections) {

  /// Where the metrics APIs are by default.
  public static final int DEFAULT_PORT = 6443;

  public AdapterConfig {
    Ranges.port("adapter.port", port);
    Ranges.duration("adapter.reloadEvery", reloadEvery, Duration.ofSeconds(1), Duration.ofHours(1));
    Ranges.duration("adapter.idleTimeout", idleTimeout, Duration.ofSeconds(1), Duration.ofHours(1));
    Ranges.connections("adapter.maxConnections", maxConnections);
  }

  /// Loopback, port 6443, self-signed.
  public static AdapterConfig defaults() {
    return new AdapterConfig(
        "127.0.0.1",
        DEFAULT_PORT,
        new CertificateSource.Loopback(),
        Duration.ofSeconds(10),
        Duration.ofMinutes(2),
        1_024);
  }

  public AdapterConfig withPort(int other) {
    return new AdapterConfig(host, other, certificate, reloadEvery, idleTimeout, maxConnections);
  }

  /// The same with a certificate from two PEM files.
  public AdapterConfig withCertificate(Path certificateFile, Path keyFile) {
    CertificateSource files = new CertificateSource.PemFiles(certificateFile, keyFile);
    return new AdapterConfig(host, port, files, reloadEvery, idleTimeout, maxConnections);
  }
}
