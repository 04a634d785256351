package dev.inferscale.adapter.metricsapi;

import dev.inferscale.adapter.metricsapi.Finding.Refusal;
import dev.inferscale.adapter.metricsapi.encoding.MetricsVersion;
import dev.inferscale.adapter.wire.Nearest;
import dev.inferscale.adapter.wire.Query;
import dev.inferscale.adapter.wire.Quoted;
import dev.inferscale.signals.profile.Signal;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// What both APIs check of a read before they look for values: its parameters and its metric.
final class MetricQuery {
  /// What Kubernetes' clients send with any read. Those besides `labelSelector` and `watch` change
  /// nothing here: lists are short and always whole.
  private static final Set<String> USUAL =
      Set.of(
          "labelSelector",
          "fieldSelector",
          "watch",
          "limit",
          "continue",
          "timeout",
          "timeoutSeconds",
          "pretty",
          "resourceVersion",
          "resourceVersionMatch",
          "allowWatchBookmarks",
          "sendInitialEvents",
          "includeObject");

  private static final Set<String> OF_CUSTOM =
      Stream.concat(USUAL.stream(), Stream.of("metricLabelSelector"))
          .collect(Collectors.toUnmodifiableSet());

  private static final List<String> SIGNAL_NAMES =
      Arrays.stream(Signal.values()).map(Signal::wireName).toList();

  private MetricQuery() {}

  /// What is wrong with the parameters, empty where nothing is.
  static Optional<Refusal> fault(Query query, MetricsVersion version, String metric) {
    if (query.isTrue("watch")) {
      return Optional.of(
          new Refusal(
              Status.METHOD_NOT_ALLOWED,
              "watch is not supported on resources of kind \""
                  + Quoted.cut(metric, 64)
                  + "."
                  + version.group()
                  + "\""));
    }
    return sentence(query, version).map(text -> new Refusal(Status.BAD_REQUEST, text));
  }

  private static Optional<String> sentence(Query query, MetricsVersion version) {
    if (query.has("quantile")) {
      String selector = version.isCustom() ? "metricLabelSelector" : "labelSelector";
      return Optional.of("'quantile' belongs in the selector: " + selector + "=quantile=0.95");
    }
    Optional<String> fault = query.fault(version.isCustom() ? OF_CUSTOM : USUAL);
    if (fault.isEmpty() && !query.first("fieldSelector").isEmpty()) {
      return Optional.of("metrics have no fields to select by; use labelSelector");
    }
    return fault;
  }

  /// The signal of that name. Go's client of external metrics lower-cases names on their way, and
  /// that of custom metrics does not; here both mean the same.
  static Optional<Signal> signal(String metric) {
    return Signal.named(metric.toLowerCase(Locale.ROOT));
  }

  /// There is no such signal; perhaps another was meant.
  static Refusal unknown(String metric, MetricsVersion version) {
    List<String> near = Nearest.to(metric, SIGNAL_NAMES, 3);
    String hint =
        near.isEmpty()
            ? "the names are listed at /apis/" + version.groupVersion()
            : "did you mean " + String.join(", ", near) + "?";
    return new Refusal(
        Status.NOT_FOUND, "unknown_signal: there is no metric " + Quoted.of(metric) + "; " + hint);
  }
}
