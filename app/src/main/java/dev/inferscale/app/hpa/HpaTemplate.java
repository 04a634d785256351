package dev.inferscale.app.hpa;

import dev.inferscale.app.hpa.Hpa.Workload;
import dev.inferscale.signals.pool.ModelPool.Traffic;
import dev.inferscale.signals.pool.PoolId;
import dev.inferscale.signals.profile.Signal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Writes a HorizontalPodAutoscaler for a pool, each line with its reason.
public final class HpaTemplate {
  static final int ASSUMED_MAX = 10;

  private HpaTemplate() {}

  /// What is known of the pool.
  ///
  /// @param coldStart from the wish for a replica to its first token, null where unknown
  /// @param maxReplicas null where the pool sets no limit
  /// @param timeToFirstToken the objective, null for none
  /// @param tokensPerReplica the target for tokens in flight
  /// @param origin of that target, for people
  public record Wish(
      PoolId pool,
      Workload target,
      Traffic traffic,
      @Nullable Duration coldStart,
      int minReplicas,
      @Nullable Integer maxReplicas,
      @Nullable Duration timeToFirstToken,
      long tokensPerReplica,
      String origin) {}

  /// The share of a replica's KV cache that this kind of traffic may fill.
  public static double share(Traffic traffic) {
    return Habits.of(traffic).share();
  }

  /// The document, with comments; it ends in a newline.
  public static String yaml(Wish wish) {
    Habits habits = Habits.of(wish.traffic());
    List<Line> lines = new ArrayList<>();
    head(lines, wish);
    lines.add(new Line("  metrics:", "the largest wish of all counts"));
    tokens(lines, wish);
    queueWait(lines, wish);
    Behavior.of(wish, habits).forEach(line -> lines.add(line.indented("  ")));
    return Line.print(lines);
  }

  private static void head(List<Line> lines, Wish wish) {
    String traffic = wish.traffic().name().toLowerCase(Locale.ROOT);
    lines.add(new Line("apiVersion: autoscaling/v2", ""));
    lines.add(new Line("kind: HorizontalPodAutoscaler", ""));
    lines.add(
        new Line(
            "metadata: {name: %s, namespace: %s}"
                .formatted(wish.pool().name(), wish.pool().namespace()),
            "for " + traffic + " traffic of the pool " + wish.pool()));
    lines.add(new Line("spec:", ""));
    lines.add(
        new Line(
            "  scaleTargetRef: {apiVersion: %s, kind: %s, name: %s}"
                .formatted(wish.target().apiVersion(), wish.target().kind(), wish.target().name()),
            "the pool's own; nothing else may scale it"));
    lines.add(
        new Line(
            "  minReplicas: " + Math.max(1, wish.minReplicas()),
            wish.minReplicas() > 0
                ? "the pool's capacity.minReplicas"
                : "the pool allows 0, which an HPA leaves to KEDA or to the gate HPAScaleToZero"));
    Integer max = wish.maxReplicas();
    lines.add(
        new Line(
            "  maxReplicas: " + (max == null ? ASSUMED_MAX : max),
            max == null
                ? "assumed: the pool sets no capacity.maxReplicas; put what your quota allows"
                : "the pool's capacity.maxReplicas"));
  }

  private static void tokens(List<Line> lines, Wish wish) {
    external(
        lines,
        Signal.TOKENS_IN_FLIGHT,
        wish,
        "{type: AverageValue, averageValue: \"" + wish.tokensPerReplica() + "\"}",
        "a sum, so per replica; " + wish.origin());
  }

  private static void queueWait(List<Line> lines, Wish wish) {
    Duration objective = wish.timeToFirstToken();
    if (wish.traffic() == Traffic.BATCH || objective == null) {
      lines.add(
          new Line(
              "",
              wish.traffic() == Traffic.BATCH
                  ? "no latency metric: batch work may wait"
                  : "no latency metric: the pool has no objectives.timeToFirstToken"));
      return;
    }
    long half = Math.max(1, objective.toMillis() / 2);
    external(
        lines,
        Signal.QUEUE_WAIT,
        wish,
        "{type: Value, value: " + half + "m}",
        "half of the objective "
            + objective.toMillis() / 1e3
            + " s, so that a replica is asked for before it is missed");
  }

  private static void external(
      List<Line> lines, Signal signal, Wish wish, String target, String why) {
    lines.add(new Line("  - type: External", ""));
    lines.add(new Line("    external:", ""));
    lines.add(
        new Line(
            "      metric: {name: %s, selector: {matchLabels: {pool: %s}}}"
                .formatted(signal.wireName(), wish.pool().name()),
            ""));
    lines.add(new Line("      target: " + target, why));
  }
}
