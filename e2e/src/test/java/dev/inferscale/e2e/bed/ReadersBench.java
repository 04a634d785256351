package dev.inferscale.e2e.bed;

import dev.inferscale.e2e.Started;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.Phaser;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Five thousand readers, each of which reads one external metric of one pool every 15 s through
/// the API server, for a minute, as so many HPAs do. First all are one caller, as the HPA's
/// controller is, on one connection of HTTP/2; then each is somebody else, whose right has to be
/// asked for, on four.
///
/// Run: `.ci/long bench readers [ROUNDS]`, two minutes a round.
public final class ReadersBench {
  private static final int READERS = 5_000;
  private static final Duration PERIOD = Duration.ofSeconds(15);
  private static final Duration TIME = Duration.ofSeconds(60);
  private static final int POOLS = 20;

  /// Requests under way on one connection: the API server takes 100, and Kubernetes' own client
  /// waits then.
  private static final int STREAMS = 90;

  private static final String HPA = "system:serviceaccount:kube-system:horizontal-pod-autoscaler";
  private static final String REVIEWS = "apiserver_delegated_authz_request_total{";
  private static final List<String> METRICS =
      List.of(
          "inference_requests_waiting",
          "inference_requests_running",
          "inference_requests_in_flight",
          "inference_generation_tokens_per_second");

  private final Bed bed;
  private final BedNamespace home;
  private final PlaneOnBed plane;

  private ReadersBench(Bed bed, BedNamespace home, PlaneOnBed plane) {
    this.bed = bed;
    this.home = home;
    this.plane = plane;
  }

  public static void main(String[] args) throws Exception {
    int rounds = args.length == 0 ? 7 : Integer.parseInt(args[0]);
    Path folder = Files.createTempDirectory("readers-bench-");
    Bed bed = Bed.shared();
    BedNamespace home = BedNamespace.create(bed, ReadersBench.class);
    try (LiveEngine engine = new LiveEngine().shows("/metrics");
        RegisteredAdapter ours = RegisteredAdapter.start(bed, home, folder)) {
      serve(home, engine);
      for (int pool = 0; pool < POOLS; pool++) {
        String name = "pool-" + pool;
        home.awaitThat(name + " is measured", () -> ours.plane().value(name, METRICS.get(3)) > 0);
      }
      new ReadersBench(bed, home, ours.plane()).run(rounds);
    }
    System.exit(0);
  }

  /// Pools of one pod, and the right of everybody in group `readers`.
  private static void serve(BedNamespace home, LiveEngine engine) {
    home.servedBy("served", engine.address());
    for (int pool = 0; pool < POOLS; pool++) {
      home.apply(
          """
          apiVersion: inferscale.dev/v1alpha1
          kind: ModelPool
          metadata: {name: pool-%d}
          spec:
            model: acme/chat
            source: {pods: {selector: {matchLabels: {app: served}}, ports: [%d]}}
            interval: 1s
          """
              .formatted(pool, engine.port()));
    }
    home.apply(
        """
        apiVersion: rbac.authorization.k8s.io/v1
        kind: Role
        metadata: {name: reader}
        rules: [{apiGroups: [external.metrics.k8s.io], resources: ["*"], verbs: [get, list]}]
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: RoleBinding
        metadata: {name: reader}
        roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
        subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: readers}]
        """);
  }

  private void run(int rounds) throws Exception {
    List<String> who = List.of("one caller", READERS + " callers");
    Rounds figures = new Rounds(who);
    for (int round = 0; round < rounds; round++) {
      for (int i = 0; i < who.size(); i++) {
        String when = "round %d, %s: ".formatted(round + 1, who.get(i));
        double reviews = reviews();
        Outcome outcome = read(i == 0);
        figures.add("reads", i, outcome.latencies.length);
        figures.add("of these not answered with 200", i, outcome.failures.size());
        figures.add("SubjectAccessReviews in the minute", i, reviews() - reviews);
        figures.add("p50, ms", i, Rounds.quantile(outcome.latencies, 0.5));
        figures.add("p99, ms", i, Rounds.quantile(outcome.latencies, 0.99));
        outcome.failures.stream()
            .collect(Collectors.groupingBy(why -> why, TreeMap::new, Collectors.counting()))
            .forEach((why, count) -> System.out.println(when + count + " times " + why));
      }
    }
    figures.print(
        "%d readers every %d s for %d s, %d rounds"
            .formatted(READERS, PERIOD.toSeconds(), TIME.toSeconds(), rounds));
  }

  /// @param latencies milliseconds of every read, from the moment at which it was due
  /// @param failures what those brought that did not bring 200
  private record Outcome(double[] latencies, List<String> failures) {}

  private Outcome read(boolean oneCaller) throws Exception {
    List<HttpClient> clients =
        IntStream.range(0, oneCaller ? 1 : 4)
            .mapToObj(_ -> HttpClient.newBuilder().sslContext(bed.tls()).build())
            .toList();
    ConcurrentLinkedQueue<Double> latencies = new ConcurrentLinkedQueue<>();
    ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();
    Phaser open = new Phaser(1);
    List<Semaphore> streams = clients.stream().map(_ -> new Semaphore(STREAMS)).toList();
    AtomicInteger next = new AtomicInteger();
    int all = (int) (READERS * (TIME.toNanos() / PERIOD.toNanos()));
    long between = PERIOD.toNanos() / READERS;
    long began = System.nanoTime();
    ScheduledExecutorService timer =
        Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().factory());
    Runnable one =
        () -> {
          int turn = next.getAndIncrement();
          if (turn >= all) {
            return;
          }
          long due = began + turn * between;
          streams.get(turn % clients.size()).acquireUninterruptibly();
          open.register();
          var _ =
              clients
                  .get(turn % clients.size())
                  .sendAsync(request(turn % READERS, oneCaller), BodyHandlers.ofString())
                  .whenComplete((answer, failure) -> {
                    latencies.add((System.nanoTime() - due) / 1e6);
                    judge(answer, failure, failures);
                    streams.get(turn % clients.size()).release();
                    open.arriveAndDeregister();
                  });
        };
    var _ = timer.scheduleAtFixedRate(one, 0, between, TimeUnit.NANOSECONDS);
    home.awaitThat("all have begun", TIME.plus(Started.LIMIT), () -> next.get() >= all);
    timer.shutdownNow();
    open.awaitAdvanceInterruptibly(open.arrive(), Started.LIMIT.toSeconds(), TimeUnit.SECONDS);
    clients.forEach(HttpClient::close);
    return new Outcome(
        latencies.stream().mapToDouble(Double::doubleValue).toArray(), List.copyOf(failures));
  }

  private HttpRequest request(int reader, boolean oneCaller) {
    URI page =
        bed.server()
            .resolve(
                "/apis/external.metrics.k8s.io/v1beta1/namespaces/%s/%s?labelSelector=pool%%3Dpool-%d"
                    .formatted(
                        home.name(),
                        METRICS.get(reader % METRICS.size()),
                        reader / METRICS.size() % POOLS));
    HttpRequest.Builder request = HttpRequest.newBuilder(page).timeout(Duration.ofSeconds(10));
    return oneCaller
        ? request.header("Impersonate-User", HPA).build()
        : request
            .header("Impersonate-User", "reader-" + reader)
            .header("Impersonate-Group", "readers")
            .build();
  }

  private static void judge(
      @Nullable HttpResponse<String> answer,
      @Nullable Throwable failure,
      ConcurrentLinkedQueue<String> failures) {
    if (answer == null) {
      failures.add(String.valueOf(failure));
    } else if (answer.statusCode() != 200) {
      failures.add(answer.statusCode() + " " + answer.body());
    }
  }

  private double reviews() throws IOException {
    return plane
        .text("metrics")
        .lines()
        .filter(line -> line.startsWith(REVIEWS))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
        .sum();
  }
}
