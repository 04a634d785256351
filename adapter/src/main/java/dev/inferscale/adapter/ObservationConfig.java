package dev.inferscale.adapter;

import java.time.Duration;

/// How the plain HTTP server for people and Prometheus listens.
///
/// @param host a loopback address or name: this version knows no authentication
/// @param port 0 for any free one
/// @param idleTimeout how long a connection may stay silent
/// @param maxConnections more wait to be accepted, 1 to 100,000
/// @param maxInFlight requests answered at a time, 1 to 100,000; what is beyond gets 503
public record ObservationConfig(
    String host, int port, Duration idleTimeout, int maxConnections, int maxInFlight) {

  /// Where the JSON view is by default.
  public static final int DEFAULT_PORT = 8080;

  public ObservationConfig {
    Ranges.port("observation.port", port);
    Ranges.duration(
        "observation.idleTimeout", idleTimeout, Duration.ofSeconds(1), Duration.ofHours(1));
    Ranges.count("observation.maxConnections", maxConnections);
    Ranges.count("observation.maxInFlight", maxInFlight);
  }

  /// Loopback, port 8080.
  public static ObservationConfig defaults() {
    return new ObservationConfig("127.0.0.1", DEFAULT_PORT, Duration.ofMinutes(2), 256, 100);
  }

  public ObservationConfig withPort(int other) {
    return new ObservationConfig(host, other, idleTimeout, maxConnections, maxInFlight);
  }
}
