package dev.inferscale.app.plane;

import java.net.InetAddress;
import java.net.UnknownHostException;

/// Who a server answers.
public enum Authentication {
  /// Everybody on loopback; elsewhere as `delegated`.
  AUTO,
  /// Whom the Kubernetes API knows and lets.
  DELEGATED,
  /// Everybody, on loopback only.
  NONE;

  /// True where the Kubernetes API is asked about callers.
  ///
  /// @param host that the server listens on
  boolean asks(String host) {
    return this == DELEGATED || (this == AUTO && !isLoopback(host));
  }

  /// Who cannot be found is nobody's neighbour.
  private static boolean isLoopback(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException unknown) {
      return false;
    }
  }
}
