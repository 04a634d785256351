package dev.inferscale.e2e.bed;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import org.awaitility.Awaitility;

/// What a read of an external metric costs: our plane beside the test adapter of Kubernetes'
/// custom-metrics-apiserver library, which answers from a map in memory. Both are asked directly,
/// over TLS, with the token of a ServiceAccount that may read, so that both ask the same API server
/// for a TokenReview and a SubjectAccessReview when they know no answer.
///
/// Run: `.ci/long bench reads`, about five minutes.
public final class ReadsBench {
  private static final int ROUNDS = 7;
  private static final int PER_SECOND = 400;
  private static final Duration ROUND = Duration.ofSeconds(5);
  private static final int[] CONNECTIONS = {1, 16, 64};

  /// A server that is asked.
  private record Peer(String name, int port, String path, long pid) {}

  /// One round of one server.
  ///
  /// @param cpuPerThousand milliseconds of CPU per thousand reads
  /// @param p50 and the 99th percentile in milliseconds, from the moment a read was due
  private record Figures(double cpuPerThousand, double p50, double p99) {}

  private final String token;
  private final Path authority;

  private ReadsBench(String token, Path authority) {
    this.token = token;
    this.authority = authority;
  }

  public static void main(String[] args) throws Exception {
    Path folder = Files.createTempDirectory("reads-bench-");
    Bed bed = Bed.shared();
    BedNamespace home = BedNamespace.create(bed, ReadsBench.class);
    Process peer = null;
    try (LiveEngine engine = new LiveEngine().shows("/metrics");
        RegisteredAdapter ours = RegisteredAdapter.start(bed, home, folder)) {
      serve(home, engine);
      home.awaitThat(
          "it is measured", () -> ours.plane().value("chat", "inference_requests_waiting") == 8);
      Path credentials = folder.resolve("peer");
      bed.certificate("peer", home.name(), credentials);
      grant(home);
      int port = free();
      peer = testAdapter(bed, credentials, port, folder);
      String token = bed.kubectl("create", "token", "reader", "--namespace", home.name()).strip();
      String root = "/apis/external.metrics.k8s.io/v1beta1/namespaces/" + home.name() + "/";
      new ReadsBench(token, credentials.resolve("ca.crt"))
          .run(
              new Peer(
                  "ours",
                  ours.plane().adapter().getPort(),
                  root + "inference_requests_waiting?labelSelector=pool%3Dchat",
                  ours.plane().pid()),
              new Peer("test adapter", port, root + "other-external-metric", peer.pid()));
    } finally {
      if (peer != null) {
        peer.destroyForcibly().waitFor();
      }
    }
    System.exit(0);
  }

  private static void serve(BedNamespace home, LiveEngine engine) {
    home.servedBy("served", engine.address());
    home.apply(
        """
        apiVersion: inferscale.dev/v1alpha1
        kind: ModelPool
        metadata: {name: chat}
        spec:
          model: acme/chat
          source: {pods: {selector: {matchLabels: {app: served}}, ports: [%d]}}
          interval: 1s
        """
            .formatted(engine.port()));
  }

  /// One account reads both; the peer's own may ask who calls.
  private static void grant(BedNamespace home) {
    home.apply(
        """
        apiVersion: v1
        kind: ServiceAccount
        metadata: {name: reader}
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: Role
        metadata: {name: reader}
        rules: [{apiGroups: [external.metrics.k8s.io], resources: ["*"], verbs: [get, list]}]
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: RoleBinding
        metadata: {name: reader}
        roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
        subjects: [{kind: ServiceAccount, name: reader}]
        """);
    home.ofCluster(
        """
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRoleBinding
        metadata: {name: reads-bench-peer}
        roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:auth-delegator"}
        subjects: [{kind: ServiceAccount, name: peer, namespace: %1$s}]
        """
            .formatted(home.name()));
    home.ofCluster(
        """
        apiVersion: rbac.authorization.k8s.io/v1
        kind: RoleBinding
        metadata: {name: reads-bench-peer, namespace: kube-system}
        roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: extension-apiserver-authentication-reader}
        subjects: [{kind: ServiceAccount, name: peer, namespace: %1$s}]
        """
            .formatted(home.name()));
  }

  private static int free() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private static Process testAdapter(Bed bed, Path credentials, int port, Path folder)
      throws IOException {
    String config = credentials.resolve("kubeconfig").toString();
    return new ProcessBuilder(
            bed.program("test-adapter").toString(),
            "--bind-address=127.0.0.1",
            "--secure-port=" + port,
            "--tls-cert-file=" + credentials.resolve("tls.crt"),
            "--tls-private-key-file=" + credentials.resolve("tls.key"),
            "--lister-kubeconfig=" + config,
            "--authentication-kubeconfig=" + config,
            "--authorization-kubeconfig=" + config)
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve("test-adapter.log").toFile())
        .start();
  }

  private void run(Peer... peers) throws Exception {
    for (Peer peer : peers) {
      Awaitility.await(peer.name + " answers")
          .atMost(Duration.ofMinutes(1))
          .ignoreExceptions()
          .untilAsserted(() -> reads(peer, 1, Duration.ofMillis(200)));
      reads(peer, 16, ROUND); // warm
    }
    for (int connections : CONNECTIONS) {
      List<List<Figures>> all = List.of(new ArrayList<>(), new ArrayList<>());
      for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < peers.length; i++) {
          all.get(i).add(reads(peers[i], connections, ROUND));
        }
      }
      print(connections, peers, all);
    }
    for (Peer peer : peers) {
      System.out.printf(Locale.ROOT, "%s: %d MB resident%n", peer.name, resident(peer.pid));
    }
  }

  private Figures reads(Peer peer, int connections, Duration time) throws Exception {
    long before = cpuNanos(peer.pid);
    double[] latencies =
        PacedReads.run(
            new PacedReads.Server(peer.port, peer.path, token, authority),
            connections,
            PER_SECOND,
            time);
    double cpu = (cpuNanos(peer.pid) - before) / 1e6;
    Arrays.sort(latencies);
    return new Figures(1_000 * cpu / latencies.length, at(latencies, 0.5), at(latencies, 0.99));
  }

  private static double at(double[] sorted, double quantile) {
    return sorted[Math.min(sorted.length - 1, (int) (quantile * sorted.length))];
  }

  private static void print(int connections, Peer[] peers, List<List<Figures>> all) {
    System.out.printf(
        Locale.ROOT,
        "%d reads/s on %d connections, median of %d rounds (least to most)%n",
        PER_SECOND,
        connections,
        ROUNDS);
    line("CPU ms per 1,000 reads", peers, all, Figures::cpuPerThousand);
    line("p50 ms", peers, all, Figures::p50);
    line("p99 ms", peers, all, Figures::p99);
  }

  private static void line(
      String title, Peer[] peers, List<List<Figures>> all, ToDoubleFunction<Figures> of) {
    StringBuilder text = new StringBuilder(String.format(Locale.ROOT, "  %-24s", title));
    double[] medians = new double[peers.length];
    for (int i = 0; i < peers.length; i++) {
      double[] sorted = all.get(i).stream().mapToDouble(of).sorted().toArray();
      medians[i] = sorted[sorted.length / 2];
      text.append(
          String.format(
              Locale.ROOT,
              "%s %.2f (%.2f to %.2f)   ",
              peers[i].name,
              medians[i],
              sorted[0],
              sorted[sorted.length - 1]));
    }
    text.append(String.format(Locale.ROOT, "ratio %.2f", medians[0] / medians[1]));
    System.out.println(text);
  }

  private static long cpuNanos(long pid) {
    return ProcessHandle.of(pid)
        .flatMap(process -> process.info().totalCpuDuration())
        .orElseThrow(() -> new IllegalStateException("process " + pid + " has ended"))
        .toNanos();
  }

  private static long resident(long pid) throws IOException {
    return Files.readString(Path.of("/proc", String.valueOf(pid), "status"), UTF_8)
        .lines()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1_024)
        .findFirst()
        .orElseThrow();
  }
}
