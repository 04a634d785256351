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
  private static final Duration ASSUMED_COLD_START = Duration.ofMinutes(2);
  private static final int ASSUMED_MAX = 10;

  /// The longest that the API allows for a policy's period.
  private static final int LONGEST_PERIOD = 1800;

  /// The longest that the API allows for a stabilisation window.
  private static final int LONGEST_WINDOW = 3600;

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

  /// How each kind of traffic is met.
  ///
  /// @param share of the KV cache that may be in flight before another replica is asked for
  /// @param holds cold starts for which the largest wish is kept before shrinking
  /// @param least seconds of that, however short the cold start
  /// @param shrink percent of the replicas that may go within one cold start
  private record Habits(
      double share, int holds, int least, int shrink, String why, List<Line> growth) {
    static Habits of(Traffic traffic) {
      return switch (traffic) {
        case STEADY ->
            new Habits(
                0.7,
                2,
                300,
                20,
                "steady: a dip of two cold starts is no reason to pay a cold start again",
                List.of(
                    new Line("selectPolicy: Max", "whichever of the two allows more"),
                    new Line("policies:", ""),
                    new Line("- {type: Percent, value: 100, periodSeconds: 15}", "doubles at most"),
                    new Line(
                        "- {type: Pods, value: 4, periodSeconds: 15}", "so that 1 can become 5")));
        case BURSTY ->
            new Habits(
                0.5,
                4,
                600,
                10,
                "bursty: bursts come back, so capacity is kept for four cold starts",
                List.of(
                    new Line("policies:", ""),
                    new Line(
                        "- {type: Percent, value: 900, periodSeconds: 15}",
                        "a burst may need all at once, and waiting costs a cold start")));
        case BATCH ->
            new Habits(
                0.9,
                1,
                60,
                50,
                "batch: nobody waits for an idle replica, so it goes after one cold start",
                List.of(
                    new Line("policies:", ""),
                    new Line(
                        "- {type: Percent, value: 100, periodSeconds: 60}",
                        "doubles each minute: jobs can wait, and most bring their own end")));
      };
    }
  }

  private record Line(String text, String why) {}

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
    behavior(lines, wish, habits);
    return print(lines);
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

  private static void behavior(List<Line> lines, Wish wish, Habits habits) {
    Duration coldStart = wish.coldStart();
    boolean known = coldStart != null;
    long cold = Math.max(1, (coldStart == null ? ASSUMED_COLD_START : coldStart).toSeconds());
    lines.add(
        new Line(
            "  behavior:",
            known
                ? "for a cold start of " + cold + " s"
                : "for a cold start of "
                    + cold
                    + " s, assumed: set the pool's capacity.coldStart"));
    lines.add(new Line("    scaleUp:", ""));
    lines.add(
        new Line(
            "      stabilizationWindowSeconds: " + (wish.traffic() == Traffic.BATCH ? 60 : 0),
            wish.traffic() == Traffic.BATCH
                ? "a wish must last a minute"
                : "tokens in flight are the true load now; waiting only adds to the cold start"));
    habits.growth().forEach(line -> lines.add(new Line("      " + line.text(), line.why())));
    lines.add(new Line("    scaleDown:", ""));
    long hold = Math.min(LONGEST_WINDOW, Math.max(habits.least(), habits.holds() * cold));
    lines.add(new Line("      stabilizationWindowSeconds: " + hold, habits.why()));
    lines.add(new Line("      policies:", ""));
    lines.add(
        new Line(
            "      - {type: Percent, value: %d, periodSeconds: %d}"
                .formatted(habits.shrink(), Math.clamp(cold, 15, LONGEST_PERIOD)),
            "within one cold start, so that a mistake can be taken back"));
  }

  private static String print(List<Line> lines) {
    StringBuilder text = new StringBuilder();
    for (Line line : lines) {
      if (!line.why().isEmpty()) {
        // Above its line: many are longer than a terminal is wide together.
        String indent = " ".repeat(line.text().length() - line.text().stripLeading().length());
        text.append(line.text().isEmpty() ? "  " : indent).append("# ").append(line.why());
        text.append('\n');
      }
      if (!line.text().isEmpty()) {
        text.append(line.text()).append('\n');
      }
    }
    return text.toString();
  }
}
