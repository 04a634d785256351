package dev.inferscale.adapter.metricsapi;

import dev.inferscale.adapter.metricsapi.Finding.Refusal;
import dev.inferscale.adapter.metricsapi.selector.BadSelector;
import dev.inferscale.adapter.metricsapi.selector.LabelSelector;
import dev.inferscale.adapter.metricsapi.selector.LabelText;
import dev.inferscale.adapter.wire.Quoted;
import dev.inferscale.signals.pool.PoolId;
import dev.inferscale.signals.snapshot.Pool;
import dev.inferscale.signals.snapshot.Snapshot;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The pools of one namespace, which are all that a read there can see, and the sentences about
/// them.
///
/// @param pools by name
record NamespacePools(String namespace, Collection<Pool> pools) {
  /// The label with the model's name as its user wrote it, which a selector often cannot spell.
  private static final String MODEL_NAME = "model_name";

  static NamespacePools of(String namespace, Snapshot snapshot) {
    return new NamespacePools(
        namespace,
        snapshot
            .pools()
            .subMap(new PoolId(namespace, ""), new PoolId(namespace + "\0", ""))
            .values());
  }

  List<Pool> matching(LabelSelector selector) {
    return pools.stream().filter(pool -> selector.matches(key -> label(pool, key))).toList();
  }

  /// A label of a pool, null where it has no such label. Selectors see the same labels as readers
  /// of an answer.
  private static @Nullable String label(Pool pool, String key) {
    return key.equals(MODEL_NAME) && !pool.model().isEmpty()
        ? Quoted.plain(pool.model())
        : pool.labels().get(key);
  }

  /// All labels of a pool.
  static SortedMap<String, String> labels(Pool pool) {
    SortedMap<String, String> labels = new TreeMap<>(pool.labels());
    if (!pool.model().isEmpty()) {
      labels.put(MODEL_NAME, Quoted.plain(pool.model()));
    }
    return labels;
  }

  /// Nothing matches that selector.
  Refusal noMatch(String selector) {
    if (pools.isEmpty()) {
      return new Refusal(
          Status.NOT_FOUND,
          "unknown_pool: namespace "
              + Quoted.of(namespace)
              + " has no pools; an HPA reads the pools of its own namespace");
    }
    return new Refusal(
        Status.NOT_FOUND,
        "unknown_pool: no pool of namespace "
            + Quoted.of(namespace)
            + " matches "
            + Quoted.of(selector)
            + "; there are: "
            + names(pools));
  }

  /// Models' names have slashes and colons, so they are what people try first; the label that can
  /// be selected is the alias.
  Refusal explain(BadSelector bad) {
    boolean meansModel = bad.key().equals("model") || bad.key().equals(MODEL_NAME);
    String alias = meansModel ? alias(bad.illegalValue()) : "";
    return new Refusal(
        Status.BAD_REQUEST,
        alias.isEmpty()
            ? bad.sentence()
            : "unable to parse requirement: "
                + Quoted.of(bad.illegalValue())
                + " is no legal label value; write model="
                + alias);
  }

  private String alias(String model) {
    return pools.stream()
        .filter(pool -> pool.model().equals(model))
        .map(pool -> pool.labels().getOrDefault("model", ""))
        .findFirst()
        .orElseGet(() -> LabelText.aliased(model));
  }

  static String names(Collection<Pool> pools) {
    return pools.stream().limit(10).map(p -> p.id().name()).collect(Collectors.joining(", "));
  }
}
