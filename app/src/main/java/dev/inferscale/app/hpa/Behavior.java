package dev.inferscale.app.hpa;

import dev.inferscale.signals.pool.ModelPool.Traffic;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// The `behavior` of an HPA, as its pool's cold start asks for.
final class Behavior {
  private static final Duration ASSUMED_COLD_START = Duration.ofMinutes(2);

  /// The longest that the API allows for a policy's period.
  private static final int LONGEST_PERIOD = 1800;

  /// The longest that the API allows for a stabilisation window.
  private static final int LONGEST_WINDOW = 3600;

  private Behavior() {}

  /// Seconds from the wish for a replica to its first token, at least 1.
  static long coldStart(HpaTemplate.Wish wish) {
    Duration known = wish.coldStart();
    return Math.max(1, (known == null ? ASSUMED_COLD_START : known).toSeconds());
  }

  /// That time as a reason.
  static String because(HpaTemplate.Wish wish) {
    String seconds = "for a cold start of " + coldStart(wish) + " s";
    return wish.coldStart() == null
        ? seconds + ", assumed: set the pool's capacity.coldStart"
        : seconds;
  }

  /// Seconds for which the largest wish is kept before shrinking.
  static long hold(HpaTemplate.Wish wish, Habits habits) {
    return Math.min(LONGEST_WINDOW, Math.max(habits.least(), habits.holds() * coldStart(wish)));
  }

  static List<Line> of(HpaTemplate.Wish wish, Habits habits) {
    boolean batch = wish.traffic() == Traffic.BATCH;
    List<Line> lines = new ArrayList<>();
    lines.add(new Line("behavior:", because(wish)));
    lines.add(Line.plain("  scaleUp:"));
    lines.add(
        new Line(
            "    stabilizationWindowSeconds: " + (batch ? 60 : 0),
            batch
                ? "a wish must last a minute"
                : "tokens in flight are the true load now; waiting only adds to the cold start"));
    habits.growth().forEach(line -> lines.add(line.indented("    ")));
    lines.add(Line.plain("  scaleDown:"));
    lines.add(new Line("    stabilizationWindowSeconds: " + hold(wish, habits), habits.why()));
    lines.add(Line.plain("    policies:"));
    lines.add(
        new Line(
            "    - {type: Percent, value: %d, periodSeconds: %d}"
                .formatted(habits.shrink(), Math.clamp(coldStart(wish), 15, LONGEST_PERIOD)),
            "within one cold start, so that a mistake can be taken back"));
    return lines;
  }
}
