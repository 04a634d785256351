package dev.inferscale.e2e.bed;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.inferscale.e2e.Started;
import dev.inferscale.keda.wire.ExternalScalerGrpc;
import dev.inferscale.keda.wire.IsActiveResponse;
import dev.inferscale.keda.wire.ScaledObjectRef;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

/// How soon demand in front of a pool, posted to a plane, a process of its own, or shown on a page
/// that the plane reads four times a second, has its effect: until a stream of StreamIsActive says
/// so, and until the real KEDA has given the workload its first replica. All rise at random
/// moments.
///
/// Run: `.ci/long bench rise [demand|front|keda [TRIES]]`, all unless told.
public final class RiseBench {
  private static final String NAMESPACE = "serving";

  /// A stream says at most one word a second, so that each pool has a pause.
  private static final int POOLS = 10;

  private static final int WARM = 100;
  private static final int STREAMS = 2_000;
  private static final Duration LEAST_PAUSE = Duration.ofMillis(110);
  private static final Duration PAUSE_SPREAD = Duration.ofMillis(100);

  private final HttpClient http = HttpClient.newHttpClient();
  private final PlaneOnBed plane;

  private RiseBench(PlaneOnBed plane) {
    this.plane = plane;
  }

  public static void main(String[] args) throws Exception {
    String mode = args.length == 0 ? "" : args[0];
    Path folder = Files.createTempDirectory("rise-bench-");
    if (mode.isEmpty() || mode.equals("demand")) {
      demand(folder, args.length < 2 ? 300 : Integer.parseInt(args[1]));
    }
    if (mode.isEmpty() || mode.equals("front")) {
      front(folder, args.length < 2 ? 100 : Integer.parseInt(args[1]));
    }
    if (mode.isEmpty() || mode.equals("keda")) {
      keda(folder, args.length < 2 ? 20 : Integer.parseInt(args[1]));
    }
    System.exit(0);
  }

  private static String name(int pool) {
    return "rise-" + pool;
  }

  /// Two thousand streams more are open on the same plane, of KEDA's own client, for pools that
  /// never rise.
  private static void demand(Path folder, int tries) throws Exception {
    try (LiveEngine engine = new LiveEngine().shows("/metrics", 0, 0);
        PlaneOnBed plane =
            PlaneOnBed.ofFiles(
                idle(folder, engine),
                NAMESPACE,
                folder,
                "--keda.port=0",
                "--keda.health-port=0",
                "--keda.grace=0s");
        KedaPolls others = KedaPolls.of(plane.keda(), NAMESPACE, POOLS)) {
      others.streams(STREAMS);
      RiseBench bench = new RiseBench(plane);
      BlockingQueue<Long> words = new LinkedBlockingQueue<>();
      ManagedChannel channel =
          Grpc.newChannelBuilder("127.0.0.1:" + plane.keda(), InsecureChannelCredentials.create())
              .build();
      for (int pool = 0; pool < POOLS; pool++) {
        listen(channel, name(pool), words);
        next(words);
      }
      double[] took = new double[WARM + tries];
      for (int turn = 0; turn < took.length; turn++) {
        String pool = name(turn % POOLS);
        pause(LEAST_PAUSE, PAUSE_SPREAD);
        long began = System.nanoTime();
        bench.tell(pool, 5);
        took[turn] = (next(words) - began) / 1e6;
        bench.tell(pool, 0);
      }
      channel.shutdownNow();
      print(
          "ms from POST to a word, with %,d streams more".formatted(STREAMS),
          IntStream.range(WARM, took.length).mapToDouble(turn -> took[turn]).toArray());
    }
  }

  /// The pool's one endpoint answers nobody, so that its front is read at the quicker pace. Each
  /// try has a stream of its own, on which nothing has been said.
  private static void front(Path folder, int tries) throws Exception {
    try (LiveEngine gateway = new LiveEngine().shows("/metrics", 0, 0)) {
      Path pools =
          Files.writeString(
              folder.resolve("fronted.yaml"),
              """
              apiVersion: inferscale.dev/v1alpha1
              kind: ModelPool
              metadata: {name: fronted, namespace: %s}
              spec:
                model: acme/chat
                source: {endpoints: ["http://127.0.0.1:1/metrics"]}
                front: {endpoints: ["http://%s:%d/metrics"]}
              """
                  .formatted(NAMESPACE, gateway.address(), gateway.port()),
              UTF_8);
      try (PlaneOnBed plane =
          PlaneOnBed.ofFiles(
              pools,
              NAMESPACE,
              folder,
              "--keda.port=0",
              "--keda.health-port=0",
              "--keda.grace=0s")) {
        double[] took = new double[tries];
        for (int turn = 0; turn < tries; turn++) {
          gateway.shows("/metrics", 0, 0);
          pause(Duration.ofSeconds(1), Duration.ofMillis(250));
          took[turn] = untilAWord(plane, gateway);
        }
        print("ms from a page in front that shows demand to a word, page read every 250 ms", took);
      }
    }
  }

  private static double untilAWord(PlaneOnBed plane, LiveEngine gateway) throws Exception {
    ManagedChannel channel =
        Grpc.newChannelBuilder("127.0.0.1:" + plane.keda(), InsecureChannelCredentials.create())
            .build();
    try {
      BlockingQueue<Long> words = new LinkedBlockingQueue<>();
      listen(channel, "fronted", words);
      pause(Duration.ofMillis(300), Duration.ofMillis(250));
      long began = System.nanoTime();
      gateway.shows("/metrics", 3, 0);
      return (next(words) - began) / 1e6;
    } finally {
      channel.shutdownNow();
    }
  }

  private static Path idle(Path folder, LiveEngine engine) throws IOException {
    StringBuilder documents = new StringBuilder();
    for (int pool = 0; pool < 2 * POOLS; pool++) {
      documents.append(
          """
          ---
          apiVersion: inferscale.dev/v1alpha1
          kind: ModelPool
          metadata: {name: %s, namespace: %s}
          spec:
            model: acme/chat
            source: {endpoints: ["http://%s:%d/metrics"]}
            interval: 1s
          """
              .formatted(
                  pool < POOLS ? name(pool) : "pool-" + (pool - POOLS),
                  NAMESPACE,
                  engine.address(),
                  engine.port()));
    }
    return Files.writeString(folder.resolve("pools.yaml"), documents, UTF_8);
  }

  private static void listen(ManagedChannel channel, String pool, BlockingQueue<Long> words) {
    ScaledObjectRef ref =
        ScaledObjectRef.newBuilder()
            .setName(pool)
            .setNamespace(NAMESPACE)
            .putScalerMetadata("pool", pool)
            .putScalerMetadata("signal", "inference_requests_waiting")
            .build();
    ExternalScalerGrpc.newStub(channel)
        .streamIsActive(
            ref,
            new StreamObserver<>() {
              @Override
              public void onNext(IsActiveResponse word) {
                words.add(System.nanoTime());
              }

              @Override
              public void onError(Throwable failure) {}

              @Override
              public void onCompleted() {}
            });
  }

  /// Each try has a workload of its own, which has never had a replica. A gateway tells of all,
  /// each second, that nothing waits there, and at a random moment of one that something does.
  private static void keda(Path folder, int tries) throws Exception {
    Bed bed = Bed.shared();
    BedNamespace home = BedNamespace.create(bed, RiseBench.class);
    ScheduledExecutorService timer =
        Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().factory());
    try (PlaneOnBed plane =
            PlaneOnBed.start(bed, home, folder, "--keda.port=0", "--keda.health-port=0");
        KedaOnBed _ = KedaOnBed.start(bed, folder)) {
      RiseBench bench = new RiseBench(plane);
      Set<String> waiting = ConcurrentHashMap.newKeySet();
      IntStream.range(0, tries).mapToObj(RiseBench::name).forEach(waiting::add);
      for (String pool : waiting) {
        home.unscheduled(pool, 0);
        home.pool(pool);
        home.awaitThat("the plane knows " + pool, () -> bench.told(pool, 0) == 200);
      }
      var _ =
          timer.scheduleAtFixedRate(
              () -> waiting.forEach(pool -> bench.told(pool, 0)), 0, 1, TimeUnit.SECONDS);
      waiting.forEach(pool -> scaled(home, plane, pool));
      home.awaitThat(
          "KEDA listens for each", Duration.ofMinutes(3), () -> plane.streams() == tries);
      home.awaitThat(
          "it has a status of each", () -> bed.kubectl(listed(home)).lines().count() == tries);
      BlockingQueue<String> risen = new LinkedBlockingQueue<>();
      try (Watch _ = watch(home, risen)) {
        double[] took = new double[tries];
        for (int i = 0; i < tries; i++) {
          pause(Duration.ofMillis(500), Duration.ofSeconds(1));
          String pool = name(i);
          waiting.remove(pool);
          long began = System.nanoTime();
          bench.told(pool, 5);
          String first = next(risen);
          took[i] = (System.nanoTime() - began) / 1e6;
          if (!first.equals(pool)) {
            throw new IllegalStateException(first + " rose, not " + pool);
          }
        }
        print("ms from POST to .spec.replicas 1 by the real KEDA", took);
      }
      timer.shutdownNow();
      ScaledObject.clear(bed, home);
    }
  }

  /// Names of the ScaledObjects whose metrics KEDA knows: before, it forgets what is pushed
  /// (kedacore/keda#8168).
  private static String[] listed(BedNamespace home) {
    return new String[] {
      "get",
      "scaledobjects",
      "--namespace",
      home.name(),
      "-o",
      "jsonpath={range .items[?(@.status.externalMetricNames)]}{.metadata.name}{\"\\n\"}{end}"
    };
  }

  private static void scaled(BedNamespace home, PlaneOnBed plane, String name) {
    new ScaledObject(home, name)
        .with("maxReplicaCount: 1")
        .with("pollingInterval: 60")
        .pushedBy(
            "127.0.0.1:" + plane.keda(),
            "pool",
            name,
            "signal",
            "inference_requests_in_flight",
            "target",
            "10")
        .apply();
  }

  private static Watch watch(BedNamespace home, BlockingQueue<String> risen) {
    return home.kube()
        .apps()
        .deployments()
        .inNamespace(home.name())
        .watch(
            new Watcher<>() {
              private final Set<String> known = new HashSet<>();

              @Override
              public void eventReceived(Action action, Deployment now) {
                String name = now.getMetadata().getName();
                if (now.getSpec().getReplicas() == 1 && known.add(name)) {
                  risen.add(name);
                }
              }

              @Override
              public void onClose(WatcherException cause) {}
            });
  }

  private void tell(String pool, int requests) {
    int status = told(pool, requests);
    if (status != 200) {
      throw new IllegalStateException("demand was answered with " + status);
    }
  }

  /// @return the status
  private int told(String pool, int requests) {
    String body =
        "{\"namespace\": \"%s\", \"pool\": \"%s\", \"waiting_requests\": %d}"
            .formatted(plane.namespace(), pool, requests);
    HttpRequest post =
        HttpRequest.newBuilder(plane.observation().resolve("api/v1/demand"))
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    return http.sendAsync(post, BodyHandlers.discarding()).join().statusCode();
  }

  private static <T> T next(BlockingQueue<T> words) throws InterruptedException {
    T word = words.poll(Started.LIMIT.toSeconds(), TimeUnit.SECONDS);
    if (word == null) {
      throw new IllegalStateException("nothing came");
    }
    return word;
  }

  private static void pause(Duration least, Duration spread) {
    long until =
        System.nanoTime()
            + least.toNanos()
            + ThreadLocalRandom.current().nextLong(spread.toNanos());
    while (System.nanoTime() < until) {
      LockSupport.parkNanos(until - System.nanoTime());
    }
  }

  private static void print(String title, double[] took) {
    System.out.printf(
        Locale.ROOT,
        "%s, %d tries: p50 %.1f, p99 %.1f, most %.1f%n",
        title,
        took.length,
        Rounds.quantile(took, 0.5),
        Rounds.quantile(took, 0.99),
        Rounds.quantile(took, 1));
  }
}
