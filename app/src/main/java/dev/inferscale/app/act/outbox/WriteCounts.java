package dev.inferscale.app.act.outbox;

import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.BooleanSupplier;

/// Counts what became of writes. Every outcome of every writer is there from the start.
/// Thread-safe.
public final class WriteCounts {
  private static final int OUTCOMES = Outcome.values().length;

  private final AtomicLongArray counts = new AtomicLongArray(Writer.values().length * OUTCOMES);

  public void add(Writer writer, Outcome outcome) {
    counts.incrementAndGet(writer.ordinal() * OUTCOMES + outcome.ordinal());
  }

  /// For the plane's metrics page.
  public MultiCollector collector(BooleanSupplier leads) {
    return () -> new MetricSnapshots(writes(), leader(leads.getAsBoolean()));
  }

  private CounterSnapshot writes() {
    CounterSnapshot.Builder writes =
        CounterSnapshot.builder()
            .name("inferscale_writes")
            .help("Writes to the Kubernetes API, by writer and outcome.");
    for (Writer writer : Writer.values()) {
      for (Outcome outcome : Outcome.values()) {
        writes.dataPoint(
            CounterDataPointSnapshot.builder()
                .labels(Labels.of("writer", writer.word(), "outcome", outcome.word()))
                .value((double) counts.get(writer.ordinal() * OUTCOMES + outcome.ordinal()))
                .build());
      }
    }
    return writes.build();
  }

  private static GaugeSnapshot leader(boolean leads) {
    return GaugeSnapshot.builder()
        .name("inferscale_leader")
        .help("1 while this replica holds the lease that lets it write.")
        .dataPoint(GaugeDataPointSnapshot.builder().value(leads ? 1 : 0).build())
        .build();
  }
}
