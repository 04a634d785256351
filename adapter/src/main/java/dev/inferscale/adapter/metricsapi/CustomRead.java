package dev.inferscale.adapter.metricsapi;

import dev.inferscale.adapter.metricsapi.Finding.Found;
import dev.inferscale.adapter.metricsapi.Finding.Refusal;
import dev.inferscale.adapter.metricsapi.encoding.MetricValues;
import dev.inferscale.adapter.metricsapi.encoding.MetricValues.Item;
import dev.inferscale.adapter.metricsapi.encoding.MetricValues.ObjectReference;
import dev.inferscale.adapter.metricsapi.encoding.MetricsVersion;
import dev.inferscale.adapter.metricsapi.selector.LabelSelector;
import dev.inferscale.adapter.metricsapi.selector.SelectorDocument;
import dev.inferscale.adapter.wire.Quoted;
import dev.inferscale.signals.pool.ModelPool;
import dev.inferscale.signals.pool.ServingPod;
import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.snapshot.Answer;
import dev.inferscale.signals.snapshot.Pool;
import dev.inferscale.signals.snapshot.Pool.PodAnswer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// One read of a custom metric once it is clear what is asked; what is left is of whom.
///
/// @param selector the metricLabelSelector, which every item repeats; null where there was none
record CustomRead(
    MetricsVersion version,
    Signal signal,
    OptionalDouble quantile,
    @Nullable SelectorDocument selector,
    View view) {

  /// The value of one object. It must come from one pool: the HPA takes exactly one item, and no
  /// rule says what two pools' values would be together.
  Finding object(ObjectReference object, List<Pool> pools) {
    if (pools.size() > 1) {
      return ambiguous(object.kind() + " " + object.name(), pools);
    }
    Pool pool = pools.getFirst();
    return switch (pool.answer(signal, quantile, view.now())) {
      case Answer.Missing missing -> Missed.of("pool " + pool.id(), missing);
      case Answer.Value value -> found(List.of(item(pool, object, value)));
    };
  }

  /// The values of several objects, one pool each. One without a value is left out: each item says
  /// whose it is, and nobody adds them up.
  Finding objects(List<Pool> pools, Function<Pool, ObjectReference> reference) {
    List<Item> items = new ArrayList<>(pools.size());
    Refusal first = null;
    for (Pool pool : pools) {
      switch (pool.answer(signal, quantile, view.now())) {
        case Answer.Missing missing ->
            first = first == null ? Missed.of("pool " + pool.id(), missing) : first;
        case Answer.Value value -> items.add(item(pool, reference.apply(pool), value));
      }
    }
    return items.isEmpty() && first != null ? first : found(items);
  }

  /// The values of the pods that a selector matches. A pod without a value is left out where others
  /// have one: the HPA looks which of its pods are missing and assumes what changes least, the
  /// target when it would scale down and nothing when it would scale up.
  Finding pods(List<Pool> pools, String namespace, LabelSelector labels, String text) {
    Map<String, Pool> owners = new HashMap<>();
    List<Item> items = new ArrayList<>();
    Refusal first = null;
    for (Pool pool : pools) {
      for (PodAnswer each : answers(pool, pod -> labels.matches(pod.labels()::get))) {
        Pool other = owners.put(each.pod().name(), pool);
        if (other != null) {
          return ambiguous("Pod " + each.pod().name(), List.of(other, pool));
        }
        switch (each.answer()) {
          case Answer.Missing missing -> first = first == null ? missed(each, missing) : first;
          case Answer.Value value -> items.add(item(pool, reference(namespace, each), value));
        }
      }
    }
    if (items.isEmpty()) {
      return first == null ? noPods(pools, namespace, text) : first;
    }
    return found(items);
  }

  /// The value of one pod.
  Finding pod(List<Pool> pools, String namespace, String name) {
    List<Pool> owners = new ArrayList<>();
    Finding finding = null;
    for (Pool pool : pools) {
      for (PodAnswer each : answers(pool, pod -> pod.name().equals(name))) {
        owners.add(pool);
        finding =
            switch (each.answer()) {
              case Answer.Missing missing -> missed(each, missing);
              case Answer.Value value ->
                  found(List.of(item(pool, reference(namespace, each), value)));
            };
      }
    }
    if (finding == null) {
      return noPods(pools, namespace, name);
    }
    return owners.size() > 1 ? ambiguous("Pod " + name, owners) : finding;
  }

  private List<PodAnswer> answers(Pool pool, Predicate<ServingPod> which) {
    return pool.podAnswers(which, signal, quantile, view.now());
  }

  private static ObjectReference reference(String namespace, PodAnswer answer) {
    return new ObjectReference("Pod", namespace, answer.pod().name(), "/v1");
  }

  private static Refusal missed(PodAnswer answer, Answer.Missing missing) {
    return Missed.of("pod " + answer.pod().name(), missing);
  }

  private Item item(Pool pool, ObjectReference object, Answer.Value value) {
    return new Item(NamespacePools.labels(pool), object, view.taken(value), value);
  }

  private Finding found(List<Item> items) {
    return new Found(
        new MetricValues(version, signal.wireName(), signal.unit().symbol(), selector, items));
  }

  private Refusal ambiguous(String object, List<Pool> pools) {
    return new Refusal(
        Status.BAD_REQUEST,
        pools.size()
            + " pools measure "
            + Quoted.of(object)
            + "; select one with metricLabelSelector=pool=NAME: "
            + NamespacePools.names(pools));
  }

  /// Where no pod was found, what the pool itself is waiting for tells more.
  private Refusal noPods(List<Pool> pools, String namespace, String asked) {
    if (pools.stream().anyMatch(Pool::hasPods)) {
      return new Refusal(
          Status.NOT_FOUND,
          "no_targets: no running pod of pool "
              + NamespacePools.names(pools)
              + " matches "
              + Quoted.of(asked));
    }
    for (Pool pool : pools) {
      if (pool.config().source() instanceof ModelPool.Pods
          && pool.answer(signal, quantile, view.now()) instanceof Answer.Missing missing) {
        return Missed.of("pool " + pool.id(), missing);
      }
    }
    return new Refusal(
        Status.NOT_FOUND,
        "no_targets: the pools of "
            + Quoted.of(namespace)
            + " list endpoints, not pods; read modelpools.inferscale.dev/NAME");
  }
}
