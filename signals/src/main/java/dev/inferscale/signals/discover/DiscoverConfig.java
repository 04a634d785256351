package dev.inferscale.signals.discover;

import dev.inferscale.signals.kube.KubeAccess;
import java.util.List;

/// Where pools and their pods are looked for.
///
/// @param namespaces to watch; empty for all, which needs a ClusterRole
/// @param allowedEndpointHosts that `endpoints` of a resource may name
public record DiscoverConfig(
    KubeAccess access, List<String> namespaces, List<String> allowedEndpointHosts) {
  public DiscoverConfig {
    namespaces = List.copyOf(namespaces);
    allowedEndpointHosts = List.copyOf(allowedEndpointHosts);
  }

  /// Files only.
  public static DiscoverConfig none() {
    return new DiscoverConfig(new KubeAccess.None(), List.of(), List.of());
  }

  boolean watches(String namespace) {
    return namespaces.isEmpty() || namespaces.contains(namespace);
  }
}
