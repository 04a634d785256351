package dev.inferscale.app.plane;

import dev.inferscale.keda.ScalerStatistics;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.function.Supplier;

/// What KEDA asked and was told.
final class KedaMetrics implements MultiCollector {
  private final Supplier<ScalerStatistics> statistics;

  KedaMetrics(Supplier<ScalerStatistics> statistics) {
    this.statistics = statistics;
  }

  @Override
  public MetricSnapshots collect() {
    ScalerStatistics now = statistics.get();
    CounterSnapshot.Builder calls =
        CounterSnapshot.builder()
            .name("inferscale_keda_calls")
            .help("Calls of KEDA that have ended, by RPC and gRPC code.");
    CounterSnapshot.Builder seconds =
        CounterSnapshot.builder()
            .name("inferscale_keda_call_seconds")
            .help("How long they took together; a stream is a call from its opening to its end.");
    for (ScalerStatistics.Row row : now.calls()) {
      Labels labels = Labels.of("rpc", row.rpc(), "code", row.code());
      calls.dataPoint(count(labels, (double) row.count()));
      seconds.dataPoint(count(labels, row.time().toNanos() / 1e9));
    }
    return MetricSnapshots.builder()
        .metricSnapshot(calls.build())
        .metricSnapshot(seconds.build())
        .metricSnapshot(
            GaugeSnapshot.builder()
                .name("inferscale_keda_streams")
                .help("Streams that KEDA has open, by RPC.")
                .dataPoint(open("StreamIsActive", now.streams()))
                .dataPoint(open("StreamMetricSpec", now.specStreams()))
                .build())
        .metricSnapshot(
            CounterSnapshot.builder()
                .name("inferscale_keda_pushes")
                .help("Words said to streams of KEDA; each costs it a PATCH.")
                .dataPoint(count(Labels.EMPTY, (double) now.words()))
                .build())
        .build();
  }

  private static GaugeSnapshot.GaugeDataPointSnapshot open(String rpc, int streams) {
    return GaugeSnapshot.GaugeDataPointSnapshot.builder()
        .labels(Labels.of("rpc", rpc))
        .value(streams)
        .build();
  }

  private static CounterSnapshot.CounterDataPointSnapshot count(Labels labels, double value) {
    return CounterSnapshot.CounterDataPointSnapshot.builder().labels(labels).value(value).build();
  }
}
