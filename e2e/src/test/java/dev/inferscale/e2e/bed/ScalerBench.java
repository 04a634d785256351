package dev.inferscale.e2e.bed;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.inferscale.e2e.Started;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;

/// What KEDA's external scaler costs: our whole plane beside the least that a scaler can be in Go,
/// which answers constants. The load is KEDA's own client in Go for both.
///
/// Run: `.ci/long bench scaler [polls|streams [ROUNDS]]`, both unless told.
public final class ScalerBench {
  private static final String NAMESPACE = "serving";
  private static final int POOLS = 20;
  private static final int STREAMS = 2_000;
  private static final int SECONDS = 5;
  private static final int IDLE_SECONDS = 3;
  private static final int WARM_SECONDS = 20;
  private static final int ROUNDS = 7;
  private static final List<Integer> COUNTS = List.of(0, 1_000, 2_000, 5_000);

  private final Path folder;
  private final Path pools;

  private ScalerBench(Path folder, Path pools) {
    this.folder = folder;
    this.pools = pools;
  }

  public static void main(String[] args) throws Exception {
    String mode = args.length == 0 ? "" : args[0];
    int rounds = args.length < 2 ? ROUNDS : Integer.parseInt(args[1]);
    Path folder = Files.createTempDirectory("scaler-bench-");
    try (LiveEngine engine = new LiveEngine().shows("/metrics")) {
      ScalerBench bench = new ScalerBench(folder, pools(folder, engine));
      switch (mode) {
        case "" -> {
          bench.polls(rounds);
          bench.streams(rounds);
        }
        case "polls" -> bench.polls(rounds);
        case "streams" -> bench.streams(rounds);
        default ->
            throw new IllegalArgumentException("there is no mode " + mode + ": polls, streams");
      }
    }
    System.exit(0);
  }

  /// Pools that are read every second and always have something in flight.
  private static Path pools(Path folder, LiveEngine engine) throws IOException {
    StringBuilder documents = new StringBuilder();
    for (int pool = 0; pool < POOLS; pool++) {
      documents.append(
          """
          ---
          apiVersion: inferscale.dev/v1alpha1
          kind: ModelPool
          metadata: {name: pool-%d, namespace: %s}
          spec:
            model: acme/chat
            source: {endpoints: ["http://%s:%d/metrics"]}
            interval: 1s
          """
              .formatted(pool, NAMESPACE, engine.address(), engine.port()));
    }
    return Files.writeString(folder.resolve("pools.yaml"), documents, UTF_8);
  }

  private ScalerPeer ours() throws IOException {
    PlaneOnBed plane =
        PlaneOnBed.ofFiles(pools, NAMESPACE, folder, "--keda.port", "0", "--keda.health-port", "0");
    Awaitility.await("all pools are measured").atMost(Started.LIMIT).until(() -> measured(plane));
    return ScalerPeer.ours(plane);
  }

  private static boolean measured(PlaneOnBed plane) throws IOException {
    for (int pool = 0; pool < POOLS; pool++) {
      if (!(plane.value("pool-" + pool, "inference_requests_in_flight") > 0)) {
        return false;
      }
    }
    return true;
  }

  /// Streams of that many ScaledObjects, and three calls for each of 400 polls a second, all on one
  /// connection.
  private void polls(int rounds) throws Exception {
    try (ScalerPeer ours = ours();
        ScalerPeer go = ScalerPeer.go();
        KedaPolls asOurs = KedaPolls.of(ours.port(), NAMESPACE, POOLS);
        KedaPolls asGo = KedaPolls.of(go.port(), NAMESPACE, POOLS)) {
      List<ScalerPeer> peers = List.of(ours, go);
      List<KedaPolls> loads = List.of(asOurs, asGo);
      for (KedaPolls load : loads) {
        load.streams(STREAMS);
        load.poll(WARM_SECONDS);
      }
      Rounds figures = new Rounds(peers.stream().map(ScalerPeer::name).toList());
      for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < peers.size(); i++) {
          List<Long> pid = List.of(peers.get(i).pid());
          figures.add("CPU while nobody asks, ms per s", i, idle(pid));
          long before = Usage.cpuNanos(pid);
          KedaPolls.Outcome outcome = loads.get(i).poll(SECONDS);
          double micros = (Usage.cpuNanos(pid) - before) / 1e3;
          figures.add("CPU per call, µs", i, micros / outcome.calls());
          figures.add("call p50, ms", i, outcome.call().p50());
          figures.add("call p99, ms", i, outcome.call().p99());
          figures.add("poll of three p50, ms", i, outcome.poll().p50());
          figures.add("poll of three p99, ms", i, outcome.poll().p99());
          figures.add("words of streams per second", i, outcome.words() / (double) SECONDS);
        }
      }
      for (int i = 0; i < peers.size(); i++) {
        figures.add("resident, MB", i, (double) Usage.resident(List.of(peers.get(i).pid())));
      }
      figures.print(
          "%,d streams and 1,200 calls/s on one connection, %d rounds of %d s"
              .formatted(STREAMS, rounds, SECONDS));
    }
  }

  /// What streams alone take, and of ours reading the pools.
  private static double idle(List<Long> pid) {
    long before = Usage.cpuNanos(pid);
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(IDLE_SECONDS);
    while (System.nanoTime() < until) {
      LockSupport.parkNanos(until - System.nanoTime());
    }
    return (Usage.cpuNanos(pid) - before) / 1e6 / IDLE_SECONDS;
  }

  /// Resident memory by the number of streams, of fresh processes that have also been polled.
  private void streams(int rounds) throws Exception {
    Rounds figures = new Rounds(List.of("ours", "Go"));
    for (int round = 0; round < rounds; round++) {
      List<ScalerPeer> peers = new ArrayList<>();
      try {
        peers.add(ours());
        peers.add(ScalerPeer.go());
        for (int i = 0; i < peers.size(); i++) {
          streams(figures, i, peers.get(i));
        }
      } finally {
        for (ScalerPeer peer : peers) {
          peer.close();
        }
      }
    }
    figures.print("MB resident by streams, %d rounds".formatted(rounds));
  }

  private static void streams(Rounds figures, int i, ScalerPeer peer) throws Exception {
    double none = 0;
    double all = 0;
    try (KedaPolls load = KedaPolls.of(peer.port(), NAMESPACE, POOLS)) {
      load.poll(SECONDS);
      for (int count : COUNTS) {
        load.streams(count);
        load.poll(SECONDS);
        all = Usage.resident(List.of(peer.pid()));
        none = count == 0 ? all : none;
        figures.add("%,d streams".formatted(count), i, all);
      }
    }
    figures.add("per 1,000 streams", i, (all - none) * 1_000 / COUNTS.getLast());
  }
}
