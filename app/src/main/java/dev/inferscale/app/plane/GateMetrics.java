package dev.inferscale.app.plane;

import dev.inferscale.adapter.auth.GateStatistics;
import dev.inferscale.adapter.tally.Distribution;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.prometheus.metrics.model.snapshots.UnknownSnapshot;
import java.util.Map;
import java.util.function.Supplier;

/// Who was let in, and what it cost to know, under the names that Kubernetes' own servers have.
final class GateMetrics implements MultiCollector {
  private final Supplier<GateStatistics> statistics;

  GateMetrics(Supplier<GateStatistics> statistics) {
    this.statistics = statistics;
  }

  @Override
  public MetricSnapshots collect() {
    GateStatistics now = statistics.get();
    return MetricSnapshots.builder()
        .metricSnapshot(attempts(now.authentications()))
        .metricSnapshot(
            counter(
                "authorization_attempts",
                "Requests of identified callers, by what was decided.",
                "result",
                now.authorizations()))
        .metricSnapshot(
            counter(
                "authentication_token_cache_request",
                "Bearer tokens looked up among those reviewed lately.",
                "status",
                now.tokenCache()))
        .metricSnapshot(
            counter(
                "apiserver_delegated_authn_request",
                "TokenReviews asked of the API server, by its answer's status.",
                "code",
                now.tokenReviews()))
        .metricSnapshot(
            counter(
                "apiserver_delegated_authz_request",
                "SubjectAccessReviews asked of the API server, by its answer's status.",
                "code",
                now.accessReviews()))
        .metricSnapshot(
            histogram(
                "apiserver_delegated_authn_request_duration_seconds",
                "How long a TokenReview took, asked again included.",
                now.tokenSeconds()))
        .metricSnapshot(
            histogram(
                "apiserver_delegated_authz_request_duration_seconds",
                "How long a SubjectAccessReview took, asked again included.",
                now.accessSeconds()))
        .metricSnapshot(
            histogram(
                "apiserver_client_certificate_expiration_seconds",
                "For each request that a certificate identified, the front proxy's or the"
                    + " client's, how long that will still be good.",
                now.clientSeconds()))
        .metricSnapshot(
            counter(
                "inferscale_refused_reviews",
                "Questions to the API server not asked, since unknown callers caused too many.",
                "",
                Map.of("", now.refusedQuestions())))
        .build();
  }

  /// Its name in Kubernetes has no `_total`, which a counter's would get.
  private static UnknownSnapshot attempts(Map<String, Long> results) {
    UnknownSnapshot.Builder attempts =
        UnknownSnapshot.builder()
            .name("authentication_attempts")
            .help("Requests by whether their caller could be identified.");
    results.forEach((result, count) ->
        attempts.dataPoint(
            UnknownSnapshot.UnknownDataPointSnapshot.builder()
                .labels(Labels.of("result", result))
                .value((double) count)
                .build()));
    return attempts.build();
  }

  private static HistogramSnapshot histogram(String name, String help, Distribution values) {
    return HistogramSnapshot.builder()
        .name(name)
        .help(help)
        .dataPoint(ServerMetrics.point(Labels.EMPTY, values))
        .build();
  }

  private static CounterSnapshot counter(
      String name, String help, String label, Map<String, Long> counts) {
    CounterSnapshot.Builder counter = CounterSnapshot.builder().name(name).help(help);
    counts.forEach((value, count) ->
        counter.dataPoint(
            CounterSnapshot.CounterDataPointSnapshot.builder()
                .labels(label.isEmpty() ? Labels.EMPTY : Labels.of(label, value))
                .value((double) count)
                .build()));
    return counter.build();
  }
}
