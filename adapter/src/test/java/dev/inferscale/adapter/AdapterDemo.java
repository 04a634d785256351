package dev.inferscale.adapter;

import dev.inferscale.adapter.auth.Gate;
import dev.inferscale.signals.kube.KubeAccess;
import dev.inferscale.signals.pool.PoolTargets;
import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.snapshot.Snapshot;
import dev.inferscale.signals.snapshot.Windows;
import dev.inferscale.signals.window.Outcome;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/// Both servers over pools whose readings are made up, for trying clients against: prints their
/// ports, and ends when its standard input does.
///
/// Arguments: how many pools (20), the port of the metrics API (0), the port of observation (0),
/// and a kubeconfig file where the metrics API is to ask who calls.
public final class AdapterDemo {
  private AdapterDemo() {}

  static void main(String[] args) throws StartFault, IOException {
    int pools = args.length > 0 ? Integer.parseInt(args[0]) : 20;
    int adapterPort = args.length > 1 ? Integer.parseInt(args[1]) : 0;
    int observationPort = args.length > 2 ? Integer.parseInt(args[2]) : 0;
    InstantSource clock = InstantSource.system();
    Folding folding = new Folding(pools(pools), clock);
    Supplier<Snapshot> snapshots = folding::latest;
    Optional<Gate> gate = args.length > 3 ? Optional.of(gate(Path.of(args[3]))) : Optional.empty();
    try (ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor();
        AdapterServer adapter =
            AdapterServer.start(
                AdapterConfig.defaults().withPort(adapterPort),
                gate,
                new AdapterServer.Source("0.1.0", snapshots, () -> true, clock, clock));
        ObservationServer observation =
            ObservationServer.start(
                ObservationConfig.defaults().withPort(observationPort),
                snapshots,
                clock,
                Map.of(),
                demand -> false)) {
      var _ = thread.scheduleAtFixedRate(folding, 1, 1, TimeUnit.SECONDS);
      System.out.println("adapter " + adapter.port() + " observation " + observation.port());
      while (System.in.read() >= 0) {
        System.out.println(ProcessFigures.now());
      }
    } finally {
      gate.ifPresent(Gate::close);
    }
  }

  /// One that knows already whom the cluster trusts.
  private static Gate gate(Path kubeconfig) {
    InstantSource clock = InstantSource.system();
    Gate gate = Gate.start(new KubeAccess.Kubeconfig(kubeconfig), clock, clock);
    while (!gate.isReady()) {
      LockSupport.parkNanos(10_000_000);
    }
    return gate;
  }

  private static List<FoldedPool> pools(int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> i == 0 ? "quickstart" : "pool-" + i)
        .map(name -> withGaps(FoldedPool.busy("default", name, "acme/demo")))
        .toList();
  }

  private static FoldedPool withGaps(FoldedPool pool) {
    return pool.absent(
        Signal.GPU_UTILIZATION, "the engine does not export it; run the GPU exporter beside it");
  }

  /// Reads every target once per run, and folds: what the plane does on a thread of its own.
  private static final class Folding implements Runnable {
    private final Windows windows = new Windows();
    private final List<FoldedPool> pools;
    private final List<PoolTargets> listed;
    private final InstantSource clock;
    private int step;

    /// Written by whoever folds, read by the servers' threads.
    private volatile Snapshot latest;

    Folding(List<FoldedPool> pools, InstantSource clock) {
      this.pools = pools;
      this.listed = pools.stream().map(FoldedPool::listed).toList();
      this.clock = clock;
      this.latest = fold();
    }

    Snapshot latest() {
      return latest;
    }

    @Override
    public void run() {
      latest = fold();
    }

    private Snapshot fold() {
      Instant now = clock.instant();
      step++;
      List<Outcome> outcomes = new ArrayList<>();
      for (int i = 0; i < pools.size(); i++) {
        outcomes.addAll(pools.get(i).readings(listed.get(i).targets(), now, step));
      }
      return windows.fold(outcomes, listed, now);
    }
  }
}
