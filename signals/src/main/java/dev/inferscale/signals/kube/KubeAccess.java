package dev.inferscale.signals.kube;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/// How the Kubernetes API is reached.
public sealed interface KubeAccess {

  /// Not at all.
  record None() implements KubeAccess {}

  /// As a kubeconfig's current context says.
  record Kubeconfig(Path file) implements KubeAccess {}

  /// As a pod's service account.
  ///
  /// @param server such as `https://10.0.0.1:443`
  /// @param folder with `token` and `ca.crt`
  record InCluster(String server, Path folder) implements KubeAccess {
    private static final Path MOUNTED = Path.of("/var/run/secrets/kubernetes.io/serviceaccount");
    private static final String HOST = "KUBERNETES_SERVICE_HOST";

    /// True where the process runs in a pod with a service account.
    public static boolean isHere(Map<String, String> environment) {
      return environment.containsKey(HOST) && Files.isReadable(MOUNTED.resolve("token"));
    }

    /// The API server that a pod's environment names.
    public static InCluster of(Map<String, String> environment) {
      String host = environment.getOrDefault(HOST, "kubernetes.default.svc");
      String port = environment.getOrDefault("KUBERNETES_SERVICE_PORT", "443");
      String literal = host.indexOf(':') < 0 ? host : "[" + host + "]";
      return new InCluster("https://" + literal + ":" + port, MOUNTED);
    }
  }
}
