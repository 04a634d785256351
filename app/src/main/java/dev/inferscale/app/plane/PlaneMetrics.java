package dev.inferscale.app.plane;

import dev.inferscale.adapter.Statistics;
import dev.inferscale.signals.PlaneStatistics;
import dev.inferscale.signals.SignalPlane;
import dev.inferscale.signals.kube.WatchState;
import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.snapshot.Answer;
import dev.inferscale.signals.snapshot.Pool;
import dev.inferscale.signals.snapshot.Snapshot;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/// The plane's own metrics page: every signal of every pool under its public name, and
/// `inferscale_*` about the plane itself. Computed when it is asked for; every documented outcome
/// is there from the start.
final class PlaneMetrics implements MultiCollector {
  private final SignalPlane signals;
  private final Supplier<List<WatchState>> watches;
  private final String version;
  private final InstantSource time;
  private final Map<String, Supplier<Statistics>> servers = new LinkedHashMap<>();

  PlaneMetrics(
      SignalPlane signals, Supplier<List<WatchState>> watches, String version, InstantSource time) {
    this.signals = signals;
    this.watches = watches;
    this.version = version;
    this.time = time;
  }

  /// Also counts the answers of that server; called before the first scrape can come.
  synchronized void count(String server, Supplier<Statistics> statistics) {
    servers.put(server, statistics);
  }

  @Override
  public synchronized MetricSnapshots collect() {
    List<MetricSnapshot> metrics = new ArrayList<>();
    aboutItself(metrics, signals.statistics());
    aboutServers(metrics);
    Snapshot snapshot = signals.latest();
    metrics.add(
        level(
            "inferscale_pool_faults",
            "Documents at fault, whether or not an earlier version is measured.",
            snapshot.rejected().size()));
    aboutWatches(metrics);
    Instant now = time.instant();
    for (Signal signal : Signal.values()) {
      metrics.add(signal(signal, snapshot, now));
    }
    return new MetricSnapshots(metrics);
  }

  private void aboutItself(List<MetricSnapshot> metrics, PlaneStatistics statistics) {
    metrics.add(
        InfoSnapshot.builder()
            .name("inferscale_build")
            .help("Version of the plane.")
            .dataPoint(
                InfoSnapshot.InfoDataPointSnapshot.builder()
                    .labels(Labels.of("version", version))
                    .build())
            .build());
    CounterSnapshot.Builder fetches =
        CounterSnapshot.builder()
            .name("inferscale_fetches")
            .help("Metrics pages asked for, by outcome.");
    statistics
        .fetches()
        .forEach((outcome, count) ->
            fetches.dataPoint(counter(Labels.of("outcome", outcome), (double) count)));
    metrics.add(fetches.build());
    metrics.add(
        total(
            "inferscale_page_defects",
            "Lines of metrics pages that could not be used.",
            (double) statistics.defects()));
    metrics.add(total("inferscale_folds", "Snapshots published.", (double) statistics.folds()));
    metrics.add(
        total(
            "inferscale_fold_faults",
            "Folds and notifications that failed.",
            (double) statistics.foldFaults()));
    metrics.add(
        total(
            "inferscale_fold_seconds",
            "Time spent in folds.",
            statistics.foldTime().toNanos() / 1e9));
    metrics.add(
        level(
            "inferscale_snapshot_age_seconds",
            "Since the latest snapshot.",
            statistics.lastFoldAge().toNanos() / 1e9));
    metrics.add(
        level(
            "inferscale_mailbox_depth",
            "Outcomes that wait for the fold thread.",
            statistics.mailboxDepth()));
    metrics.add(
        level(
            "inferscale_mailbox_capacity",
            "Outcomes that may wait.",
            statistics.mailboxCapacity()));
    metrics.add(level("inferscale_pools", "Pools measured.", statistics.pools()));
    metrics.add(level("inferscale_targets", "Targets asked.", statistics.targets()));
  }

  private void aboutWatches(List<MetricSnapshot> metrics) {
    List<WatchState> states = watches.get();
    metrics.add(
        ofWatches(
            "inferscale_watch_age_seconds",
            "Since the watch of the Kubernetes API last proved to be in step.",
            states,
            state -> state.age().toNanos() / 1e9));
    metrics.add(
        ofWatches(
            "inferscale_watch_up",
            "1 while the watch is connected.",
            states,
            state -> state.up() ? 1 : 0));
    CounterSnapshot.Builder restarts =
        CounterSnapshot.builder()
            .name("inferscale_watch_restarts")
            .help("How often the watch connected again after a failure.");
    states.forEach(state -> restarts.dataPoint(counter(labels(state), (double) state.restarts())));
    metrics.add(restarts.build());
  }

  private static GaugeSnapshot ofWatches(
      String name, String help, List<WatchState> states, ToDoubleFunction<WatchState> value) {
    GaugeSnapshot.Builder gauge = GaugeSnapshot.builder().name(name).help(help);
    for (WatchState state : states) {
      gauge.dataPoint(
          GaugeSnapshot.GaugeDataPointSnapshot.builder()
              .labels(labels(state))
              .value(value.applyAsDouble(state))
              .build());
    }
    return gauge.build();
  }

  private static Labels labels(WatchState state) {
    return Labels.of("resource", state.resource(), "namespace", state.namespace());
  }

  private void aboutServers(List<MetricSnapshot> metrics) {
    CounterSnapshot.Builder requests =
        CounterSnapshot.builder()
            .name("inferscale_requests")
            .help("Requests answered, by server, surface and status.");
    CounterSnapshot.Builder seconds =
        CounterSnapshot.builder()
            .name("inferscale_request_seconds")
            .help("Time spent answering them.");
    servers.forEach((server, statistics) ->
        statistics
            .get()
            .requests()
            .forEach(row -> {
              Labels labels =
                  Labels.of(
                      "server",
                      server,
                      "surface",
                      row.surface().word(),
                      "code",
                      row.code() == 0 ? "other" : String.valueOf(row.code()));
              requests.dataPoint(counter(labels, (double) row.count()));
              seconds.dataPoint(counter(labels, row.spent().toNanos() / 1e9));
            }));
    metrics.add(requests.build());
    metrics.add(seconds.build());
  }

  /// A signal without a value has no sample: absent is not zero.
  private static GaugeSnapshot signal(Signal signal, Snapshot snapshot, Instant now) {
    GaugeSnapshot.Builder gauge =
        GaugeSnapshot.builder()
            .name(signal.wireName())
            .help(
                "Signal of a pool, in "
                    + signal.unit().symbol()
                    + "; pods to pool: "
                    + signal.fold().text()
                    + ".");
    for (Pool pool : snapshot.pools().values()) {
      if (pool.answer(signal, OptionalDouble.empty(), now) instanceof Answer.Value value) {
        Labels labels =
            Labels.of("namespace", pool.id().namespace()).merge(Labels.of(pairs(pool.labels())));
        gauge.dataPoint(
            GaugeSnapshot.GaugeDataPointSnapshot.builder()
                .labels(labels)
                .value(value.number())
                .build());
      }
    }
    return gauge.build();
  }

  private static String[] pairs(Map<String, String> labels) {
    return labels.entrySet().stream()
        .flatMap(label -> Stream.of(label.getKey(), label.getValue()))
        .toArray(String[]::new);
  }

  private static CounterSnapshot total(String name, String help, double value) {
    return CounterSnapshot.builder()
        .name(name)
        .help(help)
        .dataPoint(counter(Labels.EMPTY, value))
        .build();
  }

  private static GaugeSnapshot level(String name, String help, double value) {
    return GaugeSnapshot.builder()
        .name(name)
        .help(help)
        .dataPoint(GaugeSnapshot.GaugeDataPointSnapshot.builder().value(value).build())
        .build();
  }

  private static CounterSnapshot.CounterDataPointSnapshot counter(Labels labels, double value) {
    return CounterSnapshot.CounterDataPointSnapshot.builder().labels(labels).value(value).build();
  }
}
