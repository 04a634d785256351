package dev.inferscale.app.plane;

import dev.inferscale.launch.ConfigReader.Describe;
import dev.inferscale.signals.discover.DiscoverConfig;
import dev.inferscale.signals.kube.KubeAccess;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// How the Kubernetes API is reached and what is looked for there.
public record KubernetesSection(
    @Describe(
            "auto: the kubeconfig if one is named, else the pod's service account if there is one,"
                + " else off")
        Mode mode,
    @Describe("kubeconfig file, reread when it changes; its current context counts")
        Optional<Path> kubeconfig,
    @Describe("namespaces to watch with Roles alone; empty is all, which needs a ClusterRole")
        List<String> namespaces,
    @Describe(
            "hosts that the endpoints of a ModelPool resource may name; without them a resource"
                + " reaches only pods of its namespace")
        List<String> allowedEndpointHosts) {

  /// Whose word counts with the API server.
  public enum Mode {
    OFF,
    AUTO,
    KUBECONFIG,
    IN_CLUSTER
  }

  public KubernetesSection {
    if (mode == Mode.KUBECONFIG && kubeconfig.isEmpty()) {
      throw new IllegalArgumentException("mode must be given together with kubeconfig");
    }
    if (!namespaces.stream().allMatch(KubernetesSection::isName)) {
      throw new IllegalArgumentException("namespaces must be names of namespaces");
    }
    namespaces = namespaces.stream().distinct().toList();
    allowedEndpointHosts = List.copyOf(allowedEndpointHosts);
  }

  /// No cluster, whatever the process runs in.
  public static KubernetesSection off() {
    return new KubernetesSection(Mode.OFF, Optional.empty(), List.of(), List.of());
  }

  private static boolean isName(String namespace) {
    return namespace.matches("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");
  }

  /// @param environment of the process
  DiscoverConfig discoverConfig(Map<String, String> environment) {
    return new DiscoverConfig(access(environment), namespaces, allowedEndpointHosts);
  }

  private KubeAccess access(Map<String, String> environment) {
    KubeAccess none = new KubeAccess.None();
    return switch (mode) {
      case OFF -> none;
      case KUBECONFIG -> kubeconfig.<KubeAccess>map(KubeAccess.Kubeconfig::new).orElse(none);
      case IN_CLUSTER -> KubeAccess.InCluster.of(environment);
      case AUTO ->
          kubeconfig
              .<KubeAccess>map(KubeAccess.Kubeconfig::new)
              .orElseGet(() ->
                  KubeAccess.InCluster.isHere(environment)
                      ? KubeAccess.InCluster.of(environment)
                      : none);
    };
  }
}
