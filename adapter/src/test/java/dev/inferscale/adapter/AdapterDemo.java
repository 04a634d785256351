package dev.inferscale.adapter;

import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.snapshot.Snapshot;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/// Both servers over a snapshot made by hand, for trying clients against: prints their ports, and
/// ends when its standard input does.
///
/// Arguments: how many pools (20), the port of the metrics API (0), the port of observation (0).
public final class AdapterDemo {
  private AdapterDemo() {}

  static void main(String[] args) throws StartFault, IOException {
    int pools = args.length > 0 ? Integer.parseInt(args[0]) : 20;
    int adapterPort = args.length > 1 ? Integer.parseInt(args[1]) : 0;
    int observationPort = args.length > 2 ? Integer.parseInt(args[2]) : 0;
    InstantSource clock = InstantSource.system();
    Supplier<Snapshot> snapshots = snapshots(pools, clock);
    try (AdapterServer adapter =
            AdapterServer.start(
                AdapterConfig.defaults().withPort(adapterPort), "0.1.0", snapshots, clock, clock);
        ObservationServer observation =
            ObservationServer.start(
                ObservationConfig.defaults().withPort(observationPort),
                snapshots,
                clock,
                Map.of())) {
      System.out.println("adapter " + adapter.port() + " observation " + observation.port());
      while (System.in.read() >= 0) {
        System.out.println(ProcessFigures.now());
      }
    }
  }

  /// The same pools for ever, in a snapshot that is folded anew after a second, as the plane's is.
  private static Supplier<Snapshot> snapshots(int count, InstantSource clock) {
    FoldedPool[] pools =
        IntStream.range(0, count)
            .mapToObj(i -> i == 0 ? "quickstart" : "pool-" + i)
            .map(name -> withGaps(FoldedPool.busy("default", name, "acme/demo")))
            .toArray(FoldedPool[]::new);
    AtomicReference<Snapshot> latest =
        new AtomicReference<>(FoldedPool.snapshot(clock.instant(), pools));
    return () -> {
      Instant now = clock.instant();
      if (Duration.between(latest.get().at(), now).toMillis() > 1_000) {
        latest.set(FoldedPool.snapshot(now, pools));
      }
      return latest.get();
    };
  }

  private static FoldedPool withGaps(FoldedPool pool) {
    return pool.absent(
        Signal.GPU_UTILIZATION, "the engine does not export it; run the GPU exporter beside it");
  }
}
