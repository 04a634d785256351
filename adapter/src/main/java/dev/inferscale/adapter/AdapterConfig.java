package dev.inferscale.adapter;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// How the HTTPS server of the metrics APIs listens.
///
/// @param host a loopback address or name: this version knows no authentication
/// @param port 0 for any free one
/// @param certificate PEM file of the certificate and its chain; null, together with `key`, for a
///   self-signed one made at start
/// @param key PEM file of its private key
/// @param reloadEvery how often the two files are looked at, 1 s to 1 h
/// @param idleTimeout how long a connection may stay silent; clients keep theirs for 90 s
/// @param maxConnections more wait to be accepted, 1 to 100,000
public record AdapterConfig(
    String host,
    int port,
    @Nullable Path certificate,
    @Nullable Path key,
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
    if ((certificate == null) != (key == null)) {
      throw new IllegalArgumentException(
          "adapter.certificate and adapter.key belong together: give both, or neither for a"
              + " self-signed certificate");
    }
  }

  /// Loopback, port 6443, self-signed.
  public static AdapterConfig defaults() {
    return new AdapterConfig(
        "127.0.0.1",
        DEFAULT_PORT,
        null,
        null,
        Duration.ofSeconds(10),
        Duration.ofMinutes(2),
        1_024);
  }

  public AdapterConfig withPort(int other) {
    return new AdapterConfig(
        host, other, certificate, key, reloadEvery, idleTimeout, maxConnections);
  }

  /// The same with a certificate from two PEM files.
  public AdapterConfig withCertificate(Path certificateFile, Path keyFile) {
    return new AdapterConfig(
        host, port, certificateFile, keyFile, reloadEvery, idleTimeout, maxConnections);
  }
}
