package dev.inferscale.app.plane;

import dev.inferscale.adapter.wire.Page;
import dev.inferscale.adapter.wire.Request;
import dev.inferscale.launch.OpsPages;
import dev.inferscale.signals.kube.WatchState;
import dev.inferscale.signals.snapshot.Snapshot;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Function;
import java.util.function.Supplier;

/// What `/livez` and `/readyz` of a plane look at. Alive while it folds; ready once it knows enough
/// to be asked, until it drains.
final class Probes {
  /// A snapshot older than this means that the fold thread is dead or starved.
  private static final Duration OLDEST_SNAPSHOT = Duration.ofSeconds(5);

  private final Supplier<Snapshot> latest;
  private final Supplier<List<WatchState>> watches;
  private final FirstSync firstSync;
  private final InstantSource time;

  /// Written by whoever ends the program, read by the servers' threads.
  private volatile boolean draining;

  /// @param watches of the Kubernetes API; always the same ones
  /// @param firstSync while it lasts, a watch that has listed nothing holds the plane back
  /// @param time the clock that snapshots are stamped with
  Probes(
      Supplier<Snapshot> latest,
      Supplier<List<WatchState>> watches,
      FirstSync firstSync,
      InstantSource time) {
    this.latest = latest;
    this.watches = watches;
    this.firstSync = firstSync;
    this.time = time;
  }

  /// Not ready from now on.
  void drain() {
    draining = true;
  }

  /// The pages by their paths, that of the metrics among them.
  Map<String, Function<Request, Page>> pages(PrometheusRegistry registry) {
    SequencedMap<String, OpsPages.Check> live = new LinkedHashMap<>();
    live.put("fold", () -> foldFault(OLDEST_SNAPSHOT));
    SequencedMap<String, OpsPages.Check> ready = new LinkedHashMap<>();
    ready.put("fold", () -> foldFault(latest.get().staleAfter(OLDEST_SNAPSHOT)));
    for (WatchState watch : watches.get()) {
      ready.put(name(watch), new InStep(name(watch)));
    }
    ready.put(FirstSync.NAME, firstSync);
    ready.put("draining", () -> draining ? Optional.of("the plane is ending") : Optional.empty());
    OpsPages pages = new OpsPages(registry, live, ready);
    return Map.of(
        "/metrics", request -> page(pages.metrics(request.accept())),
        "/livez", request -> page(pages.livez(request.query().has("verbose"))),
        "/readyz", request -> page(pages.readyz(request.query().has("verbose"))));
  }

  private static Page page(OpsPages.Page page) {
    return new Page(page.status(), page.contentType(), page.body());
  }

  private Optional<String> foldFault(Duration most) {
    Duration age = Duration.between(latest.get().at(), time.instant());
    return age.compareTo(most) <= 0
        ? Optional.empty()
        : Optional.of("the latest snapshot is " + age.toSeconds() + " s old");
  }

  private static String name(WatchState watch) {
    return "watch-"
        + watch.resource()
        + (watch.namespace().isEmpty() ? "" : "-" + watch.namespace());
  }

  /// A watch never makes a plane unready for long: its values flow on without the API server.
  private final class InStep implements OpsPages.Check {
    private final String name;

    InStep(String name) {
      this.name = name;
    }

    private WatchState state() {
      return watches.get().stream()
          .filter(watch -> name(watch).equals(name))
          .findFirst()
          .orElseThrow();
    }

    @Override
    public Optional<String> fault() {
      WatchState state = state();
      return state.synced() || firstSync.isOver()
          ? Optional.empty()
          : Optional.of("not listed yet: " + state.fault());
    }

    @Override
    public String note() {
      WatchState state = state();
      String age = "in step " + state.age().toSeconds() + " s ago";
      return state.up() ? age : age + "; " + state.fault();
    }
  }
}
