package dev.inferscale.adapter.metricsapi;

import dev.inferscale.adapter.metricsapi.Finding.Found;
import dev.inferscale.adapter.metricsapi.Finding.Refusal;
import dev.inferscale.adapter.metricsapi.encoding.MetricValues;
import dev.inferscale.adapter.metricsapi.encoding.MetricValues.Item;
import dev.inferscale.adapter.metricsapi.encoding.MetricsVersion;
import dev.inferscale.adapter.metricsapi.selector.BadSelector;
import dev.inferscale.adapter.wire.Request;
import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.snapshot.Answer;
import dev.inferscale.signals.snapshot.Pool;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Reads of `external.metrics.k8s.io/v1beta1`: one item per matching pool, or a Status that says
/// why not.
///
/// The HPA adds up the items that it gets and looks at nothing else. So an answer is whole or an
/// error: a pool that has no value fails the read, an empty list is never sent, and a signal whose
/// sum means nothing answers for exactly one pool.
final class ExternalMetrics {
  private static final MetricsVersion VERSION = MetricsVersion.EXTERNAL_V1BETA1;

  private ExternalMetrics() {}

  /// Answers `GET /apis/external.metrics.k8s.io/v1beta1/namespaces/{namespace}/{metric}`.
  static Finding answer(Request request, String namespace, String metric, View view) {
    Optional<Refusal> fault = MetricQuery.fault(request.query(), VERSION, metric);
    if (fault.isPresent()) {
      return fault.get();
    }
    Optional<Signal> signal = MetricQuery.signal(metric);
    return signal.isPresent()
        ? answer(request.query().first("labelSelector"), namespace, signal.get(), view)
        : MetricQuery.unknown(metric, VERSION);
  }

  private static Finding answer(String text, String namespace, Signal signal, View view) {
    NamespacePools there = NamespacePools.of(namespace, view.snapshot());
    Selection selection;
    try {
      selection = Selection.parse(signal, text);
    } catch (BadSelector bad) {
      return there.explain(bad);
    }
    List<Pool> matching = there.matching(selection.pools());
    if (matching.isEmpty()) {
      return there.noMatch(text);
    }
    if (matching.size() > 1 && !isAdditive(signal)) {
      return new Refusal(
          Status.BAD_REQUEST,
          matching.size()
              + " pools match, but the HPA would add up their "
              + signal.wireName()
              + "; select one with pool=NAME: "
              + NamespacePools.names(matching));
    }
    return read(signal, selection, matching, view);
  }

  private static Finding read(Signal signal, Selection selection, List<Pool> pools, View view) {
    List<Item> items = new ArrayList<>(pools.size());
    for (Pool pool : pools) {
      switch (pool.answer(signal, selection.quantile(), view.now())) {
        case Answer.Missing missing -> {
          return Missed.of("pool " + pool.id(), missing);
        }
        case Answer.Value value ->
            items.add(new Item(NamespacePools.labels(pool), null, view.taken(value), value));
      }
    }
    return new Found(
        new MetricValues(VERSION, signal.wireName(), signal.unit().symbol(), null, items));
  }

  /// Whether adding up several pools gives a number that means something.
  private static boolean isAdditive(Signal signal) {
    return switch (signal.target()) {
      case VALUE -> false;
      case AVERAGE_VALUE -> true;
      // Replicas and dollars add up, dollars per token do not.
      case NONE -> signal != Signal.COST_USD_PER_MILLION_TOKENS;
    };
  }
}
