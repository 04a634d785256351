package dev.inferscale.e2e.bed;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;

/// What a read of an external metric costs: our plane beside the test adapter of Kubernetes'
/// custom-metrics-apiserver library, which answers from a map in memory, and beside
/// prometheus-adapter with a Prometheus that scrapes the same engine. First each is asked directly,
/// over TLS, with the token of a ServiceAccount that may read, so that all ask the same API server
/// for a TokenReview and a SubjectAccessReview when they know no answer; then through the API
/// server.
///
/// Run: `.ci/long bench reads [SECONDS]`, a quarter of an hour with rounds of 5 seconds.
public final class ReadsBench {
  private static final int ROUNDS = 7;
  private static final int PER_SECOND = 400;
  private static final int[] CONNECTIONS = {1, 16, 64};
  private static final String METRIC = "inference_requests_waiting";

  /// A server that is asked.
  ///
  /// @param service that its certificate names
  /// @param metric with query
  /// @param pids of all its processes
  private record Peer(String name, String service, int port, String metric, List<Long> pids) {}

  /// A JVM has compiled by then what it runs.
  private static final Duration WARM = Duration.ofSeconds(30);

  private final Bed bed;
  private final Aggregation aggregation;
  private final Path authority;
  private final String token;
  private final String root;
  private final Duration time;

  private ReadsBench(
      Bed bed, BedNamespace home, Aggregation aggregation, Path authority, Duration time) {
    this.bed = bed;
    this.aggregation = aggregation;
    this.authority = authority;
    this.token = bed.kubectl("create", "token", "reader", "--namespace", home.name()).strip();
    this.root = "/apis/external.metrics.k8s.io/v1beta1/namespaces/" + home.name() + "/";
    this.time = time;
  }

  public static void main(String[] args) throws Exception {
    Duration time = Duration.ofSeconds(args.length == 0 ? 5 : Integer.parseInt(args[0]));
    Path folder = Files.createTempDirectory("reads-bench-");
    Bed bed = Bed.shared();
    BedNamespace home = BedNamespace.create(bed, ReadsBench.class);
    try (LiveEngine engine = new LiveEngine().shows("/metrics");
        RegisteredAdapter ours = RegisteredAdapter.start(bed, home, folder)) {
      serve(home, engine);
      home.awaitThat("it is measured", () -> ours.plane().value("chat", METRIC) == 8);
      grant(home);
      try (PeerAdapter test = PeerAdapter.test(bed, home, folder);
          PeerAdapter prometheus =
              PeerAdapter.prometheus(
                  bed,
                  home,
                  folder,
                  engine.port(),
                  Duration.ofSeconds(1),
                  PeerAdapter.Metric.sum(METRIC, "vllm:num_requests_waiting"));
          Aggregation aggregation = new Aggregation(bed, home, ours.authority())) {
        String selected = METRIC + "?labelSelector=pool%3Dchat";
        new ReadsBench(bed, home, aggregation, ours.authority(), time)
            .run(
                List.of(
                    new Peer(
                        "ours",
                        ours.service(),
                        ours.plane().adapter().getPort(),
                        selected,
                        List.of(ours.plane().pid())),
                    peer("test adapter", test, "other-external-metric"),
                    peer("prometheus-adapter", prometheus, selected)));
      }
    }
    System.exit(0);
  }

  private static Peer peer(String name, PeerAdapter adapter, String metric) {
    return new Peer(name, adapter.service(), adapter.port(), metric, adapter.pids());
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

  /// The account that reads.
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
  }

  private void run(List<Peer> peers) throws Exception {
    for (Peer peer : peers) {
      Awaitility.await(peer.name + " answers")
          .atMost(Duration.ofMinutes(1))
          .ignoreExceptions()
          .untilAsserted(() -> reads(peer.port, peer, 1, Duration.ofMillis(200), () -> {}));
      reads(peer.port, peer, 16, WARM, () -> {});
    }
    for (int connections : CONNECTIONS) {
      Rounds rounds = rounds(peers);
      for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < peers.size(); i++) {
          direct(rounds, peers, i, connections);
        }
      }
      rounds.print(title("directly", connections));
    }
    for (int connections : CONNECTIONS) {
      Rounds rounds = rounds(peers);
      for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < peers.size(); i++) {
          aggregated(rounds, peers, i, connections);
        }
      }
      rounds.print(title("through the API server", connections));
    }
    for (Peer peer : peers) {
      System.out.printf("%s: %d MB resident%n", peer.name, Usage.resident(peer.pids));
    }
  }

  private static Rounds rounds(List<Peer> peers) {
    return new Rounds(peers.stream().map(Peer::name).toList());
  }

  private static String title(String how, int connections) {
    return "%d reads/s %s on %d connections, %d rounds"
        .formatted(PER_SECOND, how, connections, ROUNDS);
  }

  private void direct(Rounds rounds, List<Peer> peers, int i, int connections) throws Exception {
    Peer peer = peers.get(i);
    Taken taken = new Taken();
    double[] latencies = reads(peer.port, peer, connections, time, () -> taken.begin(peer.pids));
    add(rounds, i, "CPU per read, µs", taken.cpuNanos(), latencies);
    add(rounds, i, latencies);
  }

  private void aggregated(Rounds rounds, List<Peer> peers, int i, int connections)
      throws Exception {
    Peer peer = peers.get(i);
    int port = bed.server().getPort();
    aggregation.to(peer.service, peer.port);
    reads(port, peer, connections, Duration.ofMillis(500), () -> {}); // it knows the callers
    List<Long> apiServer = List.of(bed.apiServerPid());
    Taken own = new Taken();
    Taken between = new Taken();
    Runnable begins =
        () -> {
          own.begin(peer.pids);
          between.begin(apiServer);
        };
    double[] latencies = reads(port, peer, connections, time, begins);
    long cpu = own.cpuNanos();
    add(rounds, i, "CPU per read, µs", cpu, latencies);
    add(rounds, i, "CPU per read with kube-apiserver, µs", cpu + between.cpuNanos(), latencies);
    add(rounds, i, latencies);
    rounds.add("answers per second", i, latencies.length / own.seconds());
  }

  /// What some processes take from a moment on.
  private static final class Taken {
    private List<Long> pids = List.of();
    private long cpuNanos;
    private long began;

    void begin(List<Long> of) {
      pids = of;
      cpuNanos = Usage.cpuNanos(of);
      began = System.nanoTime();
    }

    long cpuNanos() {
      return Usage.cpuNanos(pids) - cpuNanos;
    }

    double seconds() {
      return (System.nanoTime() - began) / 1e9;
    }
  }

  private static void add(Rounds rounds, int i, String figure, long cpuNanos, double[] latencies) {
    rounds.add(figure, i, cpuNanos / 1e3 / latencies.length);
  }

  private static void add(Rounds rounds, int i, double[] latencies) {
    rounds.add("p50, ms", i, Rounds.quantile(latencies, 0.5));
    rounds.add("p99, ms", i, Rounds.quantile(latencies, 0.99));
  }

  private double[] reads(int port, Peer peer, int connections, Duration time, Runnable begins)
      throws Exception {
    PacedReads.Server server = new PacedReads.Server(port, root + peer.metric, token, authority);
    return PacedReads.run(server, connections, PER_SECOND, time, begins);
  }
}
