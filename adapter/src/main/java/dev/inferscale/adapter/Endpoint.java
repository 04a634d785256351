package dev.inferscale.adapter;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;

/// Where and how a server listens.
///
/// @param section of the configuration, `adapter` or `observation`, for sentences
/// @param guarded whether it knows who calls; where it does not, it listens on loopback only
record Endpoint(
    String section,
    String host,
    int port,
    Duration idleTimeout,
    int maxConnections,
    boolean guarded) {

  /// @throws StartFault where the host does not resolve, or is open to strangers
  InetSocketAddress address() throws StartFault {
    InetAddress address;
    try {
      address = InetAddress.getByName(host);
    } catch (UnknownHostException unknown) {
      throw new StartFault(
          "%s.host '%s' does not resolve; set 127.0.0.1".formatted(section, host), unknown);
    }
    if (!guarded && !address.isLoopbackAddress()) {
      throw new StartFault(
          ("%1$s.host '%2$s' is not a loopback address; without %1$s.authentication, which needs"
                  + " the Kubernetes API, it listens on loopback only: set 127.0.0.1")
              .formatted(section, host));
    }
    return new InetSocketAddress(address, port);
  }

  StartFault cannotListen(Exception cause, boolean taken) {
    return new StartFault(
        taken
            ? "%s.port %d is in use on %s; set another one, or 0 for any free port"
                .formatted(section, port, host)
            : "%s cannot listen on %s:%d: %s".formatted(section, host, port, cause.getMessage()),
        cause);
  }
}
