package dev.inferscale.app.operate;

import java.util.Optional;

/// The Service that a trigger's `scalerAddress` leads to.
record DialTarget(String namespace, String name) {
  /// Empty where the address names no Service, such as that of a host.
  ///
  /// @param address as gRPC takes it: `NAME.NAMESPACE[.svc...]:PORT`, with `dns:///` or without
  static Optional<DialTarget> of(String address) {
    String host = address.replaceFirst("^dns:(//[^/]*/)?", "").replaceFirst(":[0-9]+$", "");
    String[] parts = host.split("\\.", -1);
    boolean named = parts.length == 2 || (parts.length > 2 && parts[2].equals("svc"));
    return named && !host.matches("[0-9.]+")
        ? Optional.of(new DialTarget(parts[1], parts[0]))
        : Optional.empty();
  }
}
