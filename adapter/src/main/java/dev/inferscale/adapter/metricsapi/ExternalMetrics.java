package dev.inferscale.adapter.metricsapi;

import dev.inferscale.adapter.wire.Nearest;
import dev.inferscale.adapter.wire.Page;
import dev.inferscale.adapter.wire.Query;
import dev.inferscale.adapter.wire.Quoted;
import dev.inferscale.adapter.wire.Request;
import dev.inferscale.signals.pool.PoolId;
import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.snapshot.Answer;
import dev.inferscale.signals.snapshot.Pool;
import dev.inferscale.signals.snapshot.Snapshot;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/// Reads of `external.metrics.k8s.io/v1beta1`: one item per matching pool, or a Status that says
/// why not.
///
/// The HPA adds up the items that it gets and looks at nothing else. So an answer is whole or an
/// error: a pool that has no value fails the read, an empty list is never sent, and a signal whose
/// sum means nothing answers for exactly one pool.
final class ExternalMetrics {
  static final String GROUP = "external.metrics.k8s.io";
  static final String GROUP_VERSION = GROUP + "/v1beta1";

  /// What Kubernetes' clients send. Those besides `labelSelector` and `watch` change nothing here:
  /// lists are short and always whole.
  private static final Set<String> PARAMETERS =
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
          "sendInitialEvents");

  private static final List<String> SIGNAL_NAMES =
      Arrays.stream(Signal.values()).map(Signal::wireName).toList();

  private ExternalMetrics() {}

  /// Answers `GET /apis/external.metrics.k8s.io/v1beta1/namespaces/{namespace}/{metric}`.
  static Page answer(Request request, String namespace, String metric, View view) {
    if (request.query().isTrue("watch")) {
      return Status.METHOD_NOT_ALLOWED.page(
          "watch is not supported on resources of kind \""
              + Quoted.cut(metric, 64)
              + "."
              + GROUP
              + "\"");
    }
    Optional<String> fault = queryFault(request.query());
    if (fault.isPresent()) {
      return Status.BAD_REQUEST.page(fault.get());
    }
    // Go's client lower-cases the name on its way.
    Optional<Signal> signal = Signal.named(metric.toLowerCase(Locale.ROOT));
    return signal.isPresent()
        ? answer(request, namespace, signal.get(), view)
        : unknownSignal(metric);
  }

  private static Page answer(Request request, String namespace, Signal signal, View view) {
    String text = request.query().first("labelSelector");
    Collection<Pool> candidates = poolsOf(namespace, view.snapshot());
    Selection selection;
    try {
      selection = Selection.parse(signal, text);
    } catch (BadSelector bad) {
      return Status.BAD_REQUEST.page(explain(bad, candidates));
    }
    List<Pool> matching =
        candidates.stream()
            .filter(p -> selection.pools().matches(key -> ValueList.label(p, key)))
            .toList();
    if (matching.isEmpty()) {
      return noMatch(namespace, text, candidates);
    }
    if (matching.size() > 1 && !isAdditive(signal)) {
      return Status.BAD_REQUEST.page(
          matching.size()
              + " pools match, but the HPA would add up their "
              + signal.wireName()
              + "; select one with pool=NAME: "
              + names(matching));
    }
    return read(signal, selection, matching, view);
  }

  private static Page read(Signal signal, Selection selection, List<Pool> pools, View view) {
    List<ValueList.Item> items = new ArrayList<>(pools.size());
    for (Pool pool : pools) {
      switch (pool.answer(signal, selection.quantile(), view.now())) {
        case Answer.Missing missing -> {
          return MissingStatus.of(pool.id(), missing);
        }
        case Answer.Value value when !Double.isFinite(value.number()) -> {
          return MissingStatus.notFinite(pool.id());
        }
        case Answer.Value value -> items.add(new ValueList.Item(pool, value));
      }
    }
    return ValueList.page(signal.wireName(), items, view.wall());
  }

  private static Optional<String> queryFault(Query query) {
    if (query.has("quantile")) {
      return Optional.of("'quantile' belongs in the selector: labelSelector=quantile=0.95");
    }
    Optional<String> fault = query.fault(PARAMETERS);
    if (fault.isEmpty() && !query.first("fieldSelector").isEmpty()) {
      return Optional.of("external metrics have no fields to select by; use labelSelector");
    }
    return fault;
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

  private static Collection<Pool> poolsOf(String namespace, Snapshot snapshot) {
    return snapshot
        .pools()
        .subMap(new PoolId(namespace, ""), new PoolId(namespace + "\0", ""))
        .values();
  }

  private static Page unknownSignal(String metric) {
    List<String> near = Nearest.to(metric, SIGNAL_NAMES, 3);
    String hint =
        near.isEmpty()
            ? "the names are listed at /apis/" + GROUP_VERSION
            : "did you mean " + String.join(", ", near) + "?";
    return Status.NOT_FOUND.page(
        "unknown_signal: there is no metric " + Quoted.of(metric) + "; " + hint);
  }

  private static Page noMatch(String namespace, String selector, Collection<Pool> candidates) {
    if (candidates.isEmpty()) {
      return Status.NOT_FOUND.page(
          "unknown_pool: namespace "
              + Quoted.of(namespace)
              + " has no pools; an HPA reads the pools of its own namespace");
    }
    return Status.NOT_FOUND.page(
        "unknown_pool: no pool of namespace "
            + Quoted.of(namespace)
            + " matches "
            + Quoted.of(selector)
            + "; there are: "
            + names(candidates));
  }

  /// Models' names have slashes and colons, so they are what people try first; the label that can
  /// be selected is the alias.
  private static String explain(BadSelector bad, Collection<Pool> candidates) {
    boolean meansModel = bad.key().equals("model") || bad.key().equals(ValueList.MODEL_NAME);
    String alias = meansModel ? alias(bad.illegalValue(), candidates) : "";
    return alias.isEmpty()
        ? bad.sentence()
        : "unable to parse requirement: "
            + Quoted.of(bad.illegalValue())
            + " is no legal label value; write model="
            + alias;
  }

  private static String alias(String model, Collection<Pool> candidates) {
    return candidates.stream()
        .filter(pool -> pool.model().equals(model))
        .map(pool -> pool.labels().getOrDefault("model", ""))
        .findFirst()
        .orElseGet(() -> LabelText.aliased(model));
  }

  private static String names(Collection<Pool> pools) {
    return pools.stream().limit(10).map(p -> p.id().name()).collect(Collectors.joining(", "));
  }
}
