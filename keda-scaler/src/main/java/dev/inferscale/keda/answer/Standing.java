package dev.inferscale.keda.answer;

import dev.inferscale.keda.trigger.Trigger;
import dev.inferscale.signals.pool.PoolId;
import dev.inferscale.signals.snapshot.Absence;
import dev.inferscale.signals.snapshot.Answer;
import dev.inferscale.signals.snapshot.Pool;
import dev.inferscale.signals.snapshot.Snapshot;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;

/// How it stands with one trigger: its value and whether there is anything to do, both of one
/// snapshot.
///
/// @param answer the value, at least 0 and at most 9.2e15, or why there is none
/// @param active true also while there is no value, where what is known of the pool says so
public record Standing(Answer answer, boolean active) {

  /// Of that trigger, now.
  ///
  /// @param activities what is remembered of the pools, by pool
  /// @param grace for which a pool stays active after the last request
  public static Standing of(
      Trigger trigger,
      Snapshot snapshot,
      Map<PoolId, Activity> activities,
      Duration grace,
      Instant now) {
    Pool pool = snapshot.pools().get(trigger.pool());
    if (pool == null) {
      return new Standing(
          new Answer.Missing(
              Absence.UNKNOWN_POOL,
              "there is no ModelPool " + trigger.pool() + "; create it, or mend the trigger's pool",
              null),
          false);
    }
    Answer answer = bounded(pool.answer(trigger.signal(), trigger.quantile(), now));
    Activity activity = activities.getOrDefault(trigger.pool(), Activity.UNSEEN);
    boolean wanted =
        answer instanceof Answer.Value value
            ? value.number() > trigger.activationThreshold()
            : waitsInFront(trigger, pool, now);
    return new Standing(
        answer, wanted || activity.holds(pool.config().capacity().coldStart(), grace, now));
  }

  /// Without a value, as while a pod loads its model and answers nobody, what is known to wait in
  /// front of the pool is still reason for a pod.
  private static boolean waitsInFront(Trigger trigger, Pool pool, Instant now) {
    double least =
        switch (trigger.signal()) {
          case REQUESTS_WAITING, REQUESTS_IN_FLIGHT, TOKENS_WAITING, TOKENS_IN_FLIGHT ->
              trigger.activationThreshold();
          default -> 0;
        };
    return pool.waitingInFront(now) > least;
  }

  /// KEDA turns what no quantity can hold into 0.
  private static Answer bounded(Answer answer) {
    return answer instanceof Answer.Value value
            && !(value.number() >= 0 && value.number() <= Pair.MOST)
        ? new Answer.Missing(
            Absence.REFUSED,
            "the value " + value.number() + " is beyond what Kubernetes can hold, 9.2e15",
            value.age())
        : answer;
  }

  /// The trigger's target.
  public static Pair target(Trigger trigger) {
    return Pair.of(trigger, trigger.target());
  }
}
