package dev.inferscale.app.hpa;

import dev.inferscale.signals.pool.ModelPool.Traffic;
import java.util.List;

/// How each kind of traffic is met.
///
/// @param share of the KV cache that may be in flight before another replica is asked for
/// @param holds cold starts for which the largest wish is kept before shrinking
/// @param least seconds of that, however short the cold start
/// @param shrink percent of the replicas that may go within one cold start
record Habits(double share, int holds, int least, int shrink, String why, List<Line> growth) {
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
                  Line.plain("policies:"),
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
                  Line.plain("policies:"),
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
                  Line.plain("policies:"),
                  new Line(
                      "- {type: Percent, value: 100, periodSeconds: 60}",
                      "doubles each minute: jobs can wait, and most bring their own end")));
    };
  }
}
