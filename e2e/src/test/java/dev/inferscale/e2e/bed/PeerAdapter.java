package dev.inferscale.e2e.bed;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/// Another's adapter for the metrics APIs, running on the bed with what it needs, for comparison.
/// Its processes end with [#close], and with this one.
final class PeerAdapter implements AutoCloseable {
  private final BedNamespace home;
  private final String service;
  private final Path folder;
  private final Path credentials;
  private final int port = free();
  private final List<Process> processes = new ArrayList<>();

  /// A metric of prometheus-adapter.
  ///
  /// @param name by which it is asked for
  /// @param series that Prometheus has scraped
  /// @param query template over that series, as prometheus-adapter writes them
  record Metric(String name, String series, String query) {
    /// The sum over pods.
    static Metric sum(String name, String series) {
      return new Metric(name, series, "sum(<<.Series>>{<<.LabelMatchers>>})");
    }

    /// The sum over pods of a counter's growth per second.
    static Metric rate(String name, String series, String window) {
      return new Metric(name, series, "sum(rate(<<.Series>>{<<.LabelMatchers>>}[" + window + "]))");
    }
  }

  private PeerAdapter(Bed bed, BedNamespace home, String service, Path folder) throws IOException {
    this.home = home;
    this.service = service;
    this.folder = folder;
    this.credentials = folder.resolve(service);
    if (!Files.isDirectory(credentials)) {
      bed.certificate(service, home.name(), credentials);
      grant();
    }
  }

  /// The test adapter of Kubernetes' custom-metrics-apiserver library: it answers from a map in
  /// memory. It takes port 8080 of the machine.
  ///
  /// @param folder for credentials and logs
  static PeerAdapter test(Bed bed, BedNamespace home, Path folder) throws IOException {
    PeerAdapter peer = new PeerAdapter(bed, home, "test-adapter", folder);
    peer.startAdapter(bed.program("test-adapter"));
    return peer;
  }

  /// prometheus-adapter, and a Prometheus that scrapes the namespace's pods with a label `app`,
  /// which becomes their label `pool`.
  ///
  /// @param folder for credentials, data and logs
  /// @param scraped the pods' port
  static PeerAdapter prometheus(
      Bed bed, BedNamespace home, Path folder, int scraped, Duration interval, Metric... metrics)
      throws IOException {
    PeerAdapter peer = new PeerAdapter(bed, home, "prometheus-adapter", folder);
    int prometheus = free();
    peer.startPrometheus(prometheus, scraped, interval);
    Path rules = Files.writeString(folder.resolve("rules.yaml"), rules(metrics), UTF_8);
    peer.startAdapter(
        Bed.programs("promadapter").resolve("prometheus-adapter"),
        "--prometheus-url=http://127.0.0.1:" + prometheus,
        "--config=" + rules,
        "--metrics-relist-interval=" + interval.toSeconds() + "s",
        "--metrics-max-age=1m");
    return peer;
  }

  /// Builds what [#prometheus] needs, unless that is done, so that a start takes no time for it.
  static void prepare() throws IOException {
    Bed.programs("promadapter");
    Bed.programs("prometheus");
  }

  /// It may ask the API server who calls and what they may, and look at the cluster.
  private void grant() {
    home.ofCluster(
        """
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRoleBinding
        metadata: {name: %1$s-asks}
        roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:auth-delegator"}
        subjects: [{kind: ServiceAccount, name: %1$s, namespace: %2$s}]
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRoleBinding
        metadata: {name: %1$s-looks}
        roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
        subjects: [{kind: ServiceAccount, name: %1$s, namespace: %2$s}]
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: RoleBinding
        metadata: {name: %1$s, namespace: kube-system}
        roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: extension-apiserver-authentication-reader}
        subjects: [{kind: ServiceAccount, name: %1$s, namespace: %2$s}]
        """
            .formatted(service, home.name()));
  }

  private void startAdapter(Path program, String... flags) throws IOException {
    String config = credentials.resolve("kubeconfig").toString();
    List<String> words =
        new ArrayList<>(
            List.of(
                program.toString(),
                "--bind-address=127.0.0.1",
                "--secure-port=" + port,
                "--tls-cert-file=" + credentials.resolve("tls.crt"),
                "--tls-private-key-file=" + credentials.resolve("tls.key"),
                "--lister-kubeconfig=" + config,
                "--authentication-kubeconfig=" + config,
                "--authorization-kubeconfig=" + config));
    words.addAll(List.of(flags));
    start(words);
  }

  private void startPrometheus(int listens, int scraped, Duration interval) throws IOException {
    String text =
        """
        global: {scrape_interval: %1$ds, scrape_timeout: %1$ds}
        scrape_configs:
        - job_name: pods
          fallback_scrape_protocol: PrometheusText0.0.4
          kubernetes_sd_configs:
          - role: pod
            kubeconfig_file: %2$s
            namespaces: {names: [%3$s]}
          relabel_configs:
          - {source_labels: [__meta_kubernetes_pod_phase], regex: Running, action: keep}
          - {source_labels: [__meta_kubernetes_pod_ip], regex: (.+), replacement: "$1:%4$d", target_label: __address__}
          - {source_labels: [__meta_kubernetes_namespace], target_label: namespace}
          - {source_labels: [__meta_kubernetes_pod_name], target_label: pod}
          - {source_labels: [__meta_kubernetes_pod_label_app], target_label: pool}
        """
            .formatted(
                interval.toSeconds(), credentials.resolve("kubeconfig"), home.name(), scraped);
    Path config = Files.writeString(folder.resolve("prometheus.yaml"), text, UTF_8);
    start(
        List.of(
            Bed.programs("prometheus").resolve("prometheus").toString(),
            "--config.file=" + config,
            "--storage.tsdb.path=" + Files.createTempDirectory(folder, "prometheus-"),
            "--web.listen-address=127.0.0.1:" + listens,
            "--log.level=warn"));
  }

  private static String rules(Metric... metrics) {
    return List.of(metrics).stream()
        .map(each ->
            """
            - seriesQuery: '{__name__="%2$s",namespace!=""}'
              name: {matches: ".*", as: %1$s}
              resources: {overrides: {namespace: {resource: namespace}}}
              metricsQuery: '%3$s'
            """
                .formatted(each.name, each.series, each.query))
        .collect(Collectors.joining("", "externalRules:\n", ""));
  }

  /// The child ends with this process, however that ends.
  private void start(List<String> words) throws IOException {
    List<String> bound = new ArrayList<>(List.of("setpriv", "--pdeathsig", "KILL"));
    bound.addAll(words);
    Path log = folder.resolve(Path.of(words.getFirst()).getFileName() + ".log");
    processes.add(
        new ProcessBuilder(bound)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start());
  }

  private static int free() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  /// The Service that its certificate names.
  String service() {
    return service;
  }

  /// Where it answers, on loopback.
  int port() {
    return port;
  }

  /// All of its processes, Prometheus among them.
  List<Long> pids() {
    return processes.stream().map(Process::pid).toList();
  }

  @Override
  public void close() {
    for (Process process : processes) {
      process.destroyForcibly();
      process.onExit().join();
    }
  }
}
