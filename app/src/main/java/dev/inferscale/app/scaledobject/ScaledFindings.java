package dev.inferscale.app.scaledobject;

import dev.inferscale.app.scaledobject.ScaledDocument.Asking;
import dev.inferscale.app.scaledobject.ScaledDocument.Fallback;
import dev.inferscale.app.scaledobject.Warning.Kind;
import dev.inferscale.keda.trigger.BadTrigger;
import dev.inferscale.keda.trigger.Trigger;
import dev.inferscale.keda.trigger.TriggerReader;
import dev.inferscale.signals.document.Quoted;
import dev.inferscale.signals.pool.PoolId;
import dev.inferscale.signals.profile.Signal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What is wrong with a ScaledObject or ScaledJob that asks us, as far as it and its pools show it.
/// What KEDA does with each key: docs/keda.md. Pure.
public final class ScaledFindings {
  /// Slower than that, KEDA comes late for what only its poll does.
  private static final int SLOW_POLL = 60;

  /// Of the HPA's controller (`--horizontal-pod-autoscaler-sync-period`).
  private static final int HPA_PERIOD = 15;

  private final ScaledDocument document;
  private final Map<PoolId, PoolFacts> pools;
  private final boolean all;
  private final List<Warning> warnings = new ArrayList<>();

  private ScaledFindings(ScaledDocument document, Map<PoolId, PoolFacts> pools, boolean all) {
    this.document = document;
    this.pools = pools;
    this.all = all;
  }

  /// All of them; none where nothing asks us.
  ///
  /// @param pools that are known
  /// @param all true where there are no others
  public static List<Warning> of(
      ScaledDocument document, Map<PoolId, PoolFacts> pools, boolean all) {
    if (document.triggers().isEmpty()) {
      return List.of();
    }
    ScaledFindings findings = new ScaledFindings(document, pools, all);
    findings.look();
    return List.copyOf(findings.warnings);
  }

  private void look() {
    Map<PoolId, PoolFacts> asked = new LinkedHashMap<>();
    PoolId first = null;
    for (Asking asking : document.triggers()) {
      Trigger trigger = trigger(asking);
      if (trigger == null) {
        continue;
      }
      first = first == null ? trigger.pool() : first;
      metricType(asking, trigger);
      PoolFacts facts = pools.get(trigger.pool());
      if (facts != null) {
        asked.put(trigger.pool(), facts);
      } else if (all) {
        add(
            Kind.UNKNOWN_POOL,
            true,
            trigger.pool(),
            at(asking)
                + "there is no ModelPool "
                + trigger.pool()
                + ", and KEDA gets no value; make it, or name one of this namespace");
      }
    }
    for (String pause : document.pauses()) {
      add(
          Kind.PAUSED,
          false,
          first,
          "the annotation " + pause + " holds scaling back; take it away when you are done");
    }
    if (!document.isJob()) {
      times(first);
      fallback(first, asked);
      asked.forEach(this::capacity);
    }
  }

  private void add(Kind kind, boolean grave, @Nullable PoolId pool, String sentence) {
    Warning warning = new Warning(kind, grave, document.subject(), pool, sentence);
    if (!warnings.contains(warning)) {
      warnings.add(warning);
    }
  }

  private static String at(Asking asking) {
    return "triggers[" + asking.index() + "]: ";
  }

  /// @return null where its metadata is refused
  private @Nullable Trigger trigger(Asking asking) {
    Trigger trigger = null;
    List<String> unread = List.of();
    try {
      TriggerReader.Reading reading = TriggerReader.read(document.namespace(), asking.metadata());
      trigger = reading.trigger();
      unread = reading.warnings();
    } catch (BadTrigger e) {
      add(Kind.BAD_TRIGGER, true, meant(asking), at(asking) + e.sentence());
    }
    PoolId pool = trigger == null ? meant(asking) : trigger.pool();
    for (String each : unread) {
      add(Kind.UNREAD_KEY, false, pool, at(asking) + each);
    }
    if (document.isJob() && asking.type().equals("external-push")) {
      add(
          Kind.POLLED_RISE,
          false,
          pool,
          at(asking) + "KEDA never listens to the push of a ScaledJob; use type external");
    }
    if (!document.isJob() && asking.type().equals("external") && document.canBeZero()) {
      add(
          Kind.POLLED_RISE,
          false,
          pool,
          at(asking)
              + "with type external a rise from zero waits for the next poll, up to "
              + document.polling()
              + " s; use type external-push");
    }
    if (asking.cached() && document.polling() > HPA_PERIOD) {
      add(
          Kind.POLLING,
          false,
          pool,
          at(asking)
              + "with useCachedMetrics the HPA sees values up to pollingInterval, "
              + document.polling()
              + " s, old; leave it out, or poll each "
              + HPA_PERIOD
              + " s");
    }
    return trigger;
  }

  /// The pool that metadata names which is refused for something else.
  private @Nullable PoolId meant(Asking asking) {
    String name = asking.metadata().getOrDefault("pool", "").strip();
    return pools.keySet().stream()
        .filter(id -> id.namespace().equals(document.namespace()) && id.name().equals(name))
        .findFirst()
        .orElse(null);
  }

  private void metricType(Asking asking, Trigger trigger) {
    String type = asking.metricType().isEmpty() ? "AverageValue" : asking.metricType();
    String signal = trigger.signal().wireName();
    boolean sum = trigger.signal().target() == Signal.Target.AVERAGE_VALUE;
    String wrong;
    if (document.isJob()) {
      wrong =
          sum
              ? ""
              : signal
                  + " is a mean, a ratio or a quantile, of which no number of jobs comes; use a sum"
                  + " such as "
                  + Signal.REQUESTS_WAITING.wireName();
    } else {
      wrong =
          switch (type) {
            case "AverageValue" ->
                sum
                    ? ""
                    : signal
                        + " is a mean, a ratio or a quantile: with AverageValue it is divided by the"
                        + " replicas once more; set metricType, beside the metadata, to Value";
            case "Value" ->
                sum
                    ? signal
                        + " is a sum over the pool: with Value its target must grow with the"
                        + " replicas; set metricType to AverageValue"
                    : "";
            default ->
                "metricType "
                    + Quoted.text(type)
                    + " is refused by KEDA for external triggers; set it to "
                    + (sum ? "AverageValue" : "Value");
          };
    }
    if (!wrong.isEmpty()) {
      add(Kind.METRIC_TYPE, true, trigger.pool(), at(asking) + wrong);
    }
  }

  private void times(@Nullable PoolId pool) {
    if (document.canBeZero() && document.polling() > SLOW_POLL) {
      add(
          Kind.POLLING,
          false,
          pool,
          "pollingInterval is "
              + document.polling()
              + " s: so long the way to zero waits, and a rise whose push KEDA has lost; 15 to 30 is"
              + " enough");
    }
  }

  private void fallback(@Nullable PoolId pool, Map<PoolId, PoolFacts> asked) {
    Fallback fallback = document.fallback();
    int least = Math.max(1, document.minReplicas());
    if (fallback == null) {
      add(
          Kind.FALLBACK,
          false,
          pool,
          "there is no fallback: without values the replicas stay as they are, none included; add"
              + " fallback: {failureThreshold: 3, replicas: "
              + least
              + ", behavior: currentReplicasIfHigher}");
      return;
    }
    if (!fallback.behavior().equals("static")) {
      return;
    }
    int running =
        asked.values().stream().mapToInt(facts -> facts.running().orElse(0)).max().orElse(0);
    if (fallback.replicas() < Math.max(least, running)) {
      add(
          Kind.FALLBACK,
          false,
          pool,
          "fallback.replicas is "
              + fallback.replicas()
              + (running > least
                  ? " and " + running + " run: without values KEDA takes the others away"
                  : ", which is less than should run without values")
              + "; set fallback.behavior to currentReplicasIfHigher, and replicas to "
              + least
              + " or more");
    }
  }

  private void capacity(PoolId pool, PoolFacts facts) {
    Integer most = facts.capacity().maxReplicas();
    if (most != null && document.maxReplicas() > most) {
      add(
          Kind.REPLICAS,
          false,
          pool,
          "maxReplicaCount is "
              + document.maxReplicas()
              + ", above the pool's capacity.maxReplicas "
              + most
              + "; make them the same");
    }
    if (document.minReplicas() < facts.capacity().minReplicas()) {
      add(
          Kind.REPLICAS,
          false,
          pool,
          "minReplicaCount is "
              + document.minReplicas()
              + ", below the pool's capacity.minReplicas "
              + facts.capacity().minReplicas()
              + "; make them the same");
    }
    Duration coldStart = facts.capacity().coldStart();
    if (coldStart != null && document.canBeZero()) {
      cooldown("cooldownPeriod", document.cooldown(), coldStart, pool);
      cooldown("initialCooldownPeriod", document.initialCooldown(), coldStart, pool);
    }
  }

  private void cooldown(String key, int seconds, Duration coldStart, PoolId pool) {
    long needed = coldStart.plusMillis(999).toSeconds();
    if (seconds < needed) {
      add(
          Kind.COOLDOWN,
          false,
          pool,
          key
              + " is "
              + seconds
              + " s, less than the pool's cold start: KEDA may take a replica away that has not"
              + " served yet; set it to "
              + needed
              + " or more");
    }
  }
}
