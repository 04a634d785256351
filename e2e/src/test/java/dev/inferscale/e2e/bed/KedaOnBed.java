package dev.inferscale.e2e.bed;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/// KEDA's operator and its metrics server on the bed, with KEDA's own definitions and rights. They
/// own the external metrics API of the cluster until [#close].
final class KedaOnBed implements AutoCloseable {
  /// Of the bed's groups of programs: the newest KEDA, unless `.ci/long keda` names an older one.
  private static final String GROUP = System.getProperty("keda.group", "keda");

  private static final String NAMESPACE = "keda";
  private static final String SERVICE = "keda-operator";
  private static final String API = "v1beta1.external.metrics.k8s.io";

  private final Bed bed;
  private final Path folder;
  private final Path credentials;
  private final Path programs;
  private final int metrics = free();
  private final int service = free();
  private final int page = free();
  private final List<Process> processes = new ArrayList<>();

  private KedaOnBed(Bed bed, Path folder) throws IOException {
    this.bed = bed;
    this.folder = folder;
    this.credentials = folder.resolve("keda");
    this.programs = Bed.programs(GROUP);
  }

  /// Starts both, and waits until the API server takes the metrics server for available.
  ///
  /// @param folder for credentials and logs
  static KedaOnBed start(Bed bed, Path folder) throws IOException {
    KedaOnBed started = new KedaOnBed(bed, folder);
    started.define();
    started.processes.add(started.operator());
    started.processes.add(started.metricsServer());
    started.register();
    return started;
  }

  private void define() throws IOException {
    Path manifests = programs.resolveSibling("manifests");
    apply("apiVersion: v1\nkind: Namespace\nmetadata: {name: %s}\n".formatted(NAMESPACE));
    bed.kubectl(
        "apply", "--server-side", "--force-conflicts", "-k", manifests.resolve("crd").toString());
    bed.kubectl(
        "wait",
        "--for=condition=Established",
        "--timeout=60s",
        "-f",
        manifests.resolve("crd/bases").toString());
    bed.kubectl("apply", "-k", manifests.resolve("rbac").toString());
    for (String file : List.of("role.yaml", "role_binding.yaml")) {
      bed.kubectl("apply", "-f", manifests.resolve("metrics-server").resolve(file).toString());
    }
    bed.certificate(SERVICE, NAMESPACE, credentials);
  }

  private Process operator() throws IOException {
    return start(
        "keda-operator",
        "--kubeconfig=" + credentials.resolve("kubeconfig"),
        "--cert-dir=" + credentials,
        "--kube-api-qps=200",
        "--kube-api-burst=400",
        "--metrics-bind-address=127.0.0.1:" + page,
        "--health-probe-bind-address=127.0.0.1:" + free(),
        "--metrics-service-bind-address=127.0.0.1:" + service,
        "--zap-encoder=json");
  }

  private Process metricsServer() throws IOException {
    return start(
        "keda-metrics",
        "--kubeconfig=" + credentials.resolve("kubeconfig"),
        "--cert-dir=" + credentials,
        "--lister-kubeconfig=" + credentials.resolve("kubeconfig"),
        "--authentication-kubeconfig=" + credentials.resolve("kubeconfig"),
        "--authorization-kubeconfig=" + credentials.resolve("kubeconfig"),
        "--client-ca-file=" + credentials.resolve("ca.crt"),
        "--bind-address=127.0.0.1",
        "--secure-port=" + metrics,
        "--port=" + free(),
        "--tls-cert-file=" + credentials.resolve("tls.crt"),
        "--tls-private-key-file=" + credentials.resolve("tls.key"),
        "--metrics-service-address=localhost:" + service);
  }

  /// The child ends with this process, however that ends.
  private Process start(String program, String... flags) throws IOException {
    List<String> words =
        new ArrayList<>(
            List.of("setpriv", "--pdeathsig", "KILL", programs.resolve(program).toString()));
    words.addAll(List.of(flags));
    ProcessBuilder builder =
        new ProcessBuilder(words)
            .redirectErrorStream(true)
            .redirectOutput(
                ProcessBuilder.Redirect.appendTo(folder.resolve(program + ".log").toFile()));
    builder.environment().put("WATCH_NAMESPACE", "");
    builder.environment().put("POD_NAMESPACE", NAMESPACE);
    builder.environment().put("KEDA_CLUSTER_OBJECT_NAMESPACE", NAMESPACE);
    return builder.start();
  }

  private void register() throws IOException {
    apply(
        """
        apiVersion: v1
        kind: Service
        metadata: {name: %1$s, namespace: %2$s}
        spec: {type: ExternalName, externalName: localhost}
        ---
        apiVersion: apiregistration.k8s.io/v1
        kind: APIService
        metadata: {name: %3$s}
        spec:
          group: external.metrics.k8s.io
          version: v1beta1
          groupPriorityMinimum: 100
          versionPriority: 100
          caBundle: %4$s
          service: {name: %1$s, namespace: %2$s, port: %5$d}
        """
            .formatted(
                SERVICE,
                NAMESPACE,
                API,
                Base64.getEncoder()
                    .encodeToString(Files.readAllBytes(credentials.resolve("ca.crt"))),
                metrics));
    bed.kubectl("wait", "--for=condition=Available", "--timeout=90s", "apiservice/" + API);
  }

  /// Kills the operator and starts it anew.
  void restartOperator() throws IOException {
    processes.getFirst().destroyForcibly().onExit().join();
    processes.set(0, operator());
  }

  /// The sum of the series of one of the operator's metrics; 0 where there is none.
  double metric(String name) throws IOException {
    try (InputStream in =
        URI.create("http://127.0.0.1:" + page + "/metrics").toURL().openStream()) {
      return MetricLines.sum(new String(in.readAllBytes(), UTF_8), name);
    }
  }

  /// What the operator has said so far.
  String operatorLog() throws IOException {
    return Files.readString(folder.resolve("keda-operator.log"));
  }

  private void apply(String yaml) throws IOException {
    Path file = Files.writeString(Files.createTempFile(folder, "keda-", ".yaml"), yaml, UTF_8);
    bed.kubectl("apply", "-f", file.toString());
  }

  private static int free() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  /// Both ends; the cluster knows KEDA no more.
  @Override
  public void close() {
    bed.kubectl("delete", "apiservice", API, "--ignore-not-found");
    for (Process process : processes) {
      process.destroyForcibly();
      process.onExit().join();
    }
    bed.kubectl(
        "delete",
        "--ignore-not-found",
        "--wait=false",
        "-k",
        programs.resolveSibling("manifests/crd").toString());
    bed.kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found", "--wait=false");
  }
}
