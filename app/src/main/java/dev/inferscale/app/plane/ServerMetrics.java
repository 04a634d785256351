package dev.inferscale.app.plane;

import dev.inferscale.adapter.AdapterServer;
import dev.inferscale.adapter.Statistics;
import dev.inferscale.adapter.tally.Call;
import dev.inferscale.adapter.tally.Distribution;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.Map;

/// What the server of the metrics APIs answered, under the names that dashboards know from
/// Kubernetes' own API servers, and how old what it served was.
final class ServerMetrics implements MultiCollector {
  private final AdapterServer server;

  ServerMetrics(AdapterServer server) {
    this.server = server;
  }

  @Override
  public MetricSnapshots collect() {
    Statistics now = server.statistics();
    return MetricSnapshots.builder()
        .metricSnapshot(requests(now))
        .metricSnapshot(durations(now))
        .metricSnapshot(inFlight(now))
        .metricSnapshot(freshness(server.freshness()))
        .build();
  }

  private static CounterSnapshot requests(Statistics now) {
    CounterSnapshot.Builder requests =
        CounterSnapshot.builder()
            .name("apiserver_request")
            .help("Requests to the metrics APIs; * is whatever callers name.");
    for (Statistics.Called row : now.calls()) {
      String code = row.code() == 0 ? "other" : String.valueOf(row.code());
      requests.dataPoint(
          CounterSnapshot.CounterDataPointSnapshot.builder()
              .labels(labels(row.call()).merge(Labels.of("code", code)))
              .value((double) row.count())
              .build());
    }
    return requests.build();
  }

  private static HistogramSnapshot durations(Statistics now) {
    HistogramSnapshot.Builder durations =
        HistogramSnapshot.builder()
            .name("apiserver_request_duration_seconds")
            .help("How long they took, questions about their callers included.");
    now.durations().forEach((call, took) -> durations.dataPoint(point(labels(call), took)));
    return durations.build();
  }

  /// Those that change something are refused at once, so none of them is ever in flight.
  private static GaugeSnapshot inFlight(Statistics now) {
    return GaugeSnapshot.builder()
        .name("apiserver_current_inflight_requests")
        .help("Requests to the metrics APIs that are not answered yet.")
        .dataPoint(level(Labels.of("request_kind", "readOnly"), now.inFlight()))
        .dataPoint(level(Labels.of("request_kind", "mutating"), 0))
        .build();
  }

  private static HistogramSnapshot freshness(Map<String, Distribution> groups) {
    HistogramSnapshot.Builder freshness =
        HistogramSnapshot.builder()
            .name("metrics_apiserver_metric_freshness_seconds")
            .help("Age of each value that was served, when it was.");
    groups.forEach((group, ages) -> freshness.dataPoint(point(Labels.of("group", group), ages)));
    return freshness.build();
  }

  /// One of a histogram's.
  static HistogramSnapshot.HistogramDataPointSnapshot point(Labels labels, Distribution values) {
    ClassicHistogramBuckets.Builder buckets = ClassicHistogramBuckets.builder();
    for (int i = 0; i < values.counts().size(); i++) {
      boolean last = i == values.bounds().size();
      buckets.bucket(
          last ? Double.POSITIVE_INFINITY : values.bounds().get(i), values.counts().get(i));
    }
    return HistogramSnapshot.HistogramDataPointSnapshot.builder()
        .labels(labels)
        .classicHistogramBuckets(buckets.build())
        .sum(values.sum())
        .build();
  }

  private static Labels labels(Call call) {
    return Labels.of(
        "verb",
        call.verb(),
        "dry_run",
        "",
        "group",
        call.group(),
        "version",
        call.version(),
        "resource",
        call.resource(),
        "subresource",
        call.subresource(),
        "scope",
        call.scope(),
        "component",
        "inferscale");
  }

  private static GaugeSnapshot.GaugeDataPointSnapshot level(Labels labels, double value) {
    return GaugeSnapshot.GaugeDataPointSnapshot.builder().labels(labels).value(value).build();
  }
}
