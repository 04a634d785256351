package dev.inferscale.signals.scrape;

import dev.inferscale.signals.pool.ModelPool;
import java.time.Duration;

/// When a target is asked next. Pure.
final class Pace {
  private static final double JITTER = 0.05;
  private static final Duration FRONT_ALONE = Duration.ofMillis(250);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
  private static final int MOST_DOUBLINGS = 10;

  private Pace() {}

  /// The time from the start of one fetch to the start of the next: the pool's interval; after
  /// failures doubled for each, but never so long that a target that has recovered would be seen
  /// only after its last reading is stale. Spread by a twentieth, so that targets do not march in
  /// step.
  ///
  /// @param failures in a row, zero after a success
  /// @param random 0 to 1
  static Duration period(ModelPool pool, int failures, double random) {
    Duration most = shorter(LONGEST_PAUSE, pool.missing().staleAfter().dividedBy(2));
    return backedOff(pool.interval(), most, failures, random);
  }

  /// The same for a target in front of a pool. While no replica serves, nobody else knows of
  /// demand: then it is asked four times a second, and after failures at the pool's interval.
  ///
  /// @param alone whether no replica serves
  static Duration frontPeriod(ModelPool pool, boolean alone, int failures, double random) {
    return alone
        ? backedOff(shorter(FRONT_ALONE, pool.interval()), pool.interval(), failures, random)
        : period(pool, failures, random);
  }

  private static Duration backedOff(Duration interval, Duration most, int failures, double random) {
    Duration wanted = interval.multipliedBy(1L << Math.min(failures, MOST_DOUBLINGS));
    Duration period = longer(interval, shorter(wanted, most));
    double spread = 1 + JITTER * (2 * random - 1);
    return Duration.ofNanos(Math.round(period.toNanos() * spread));
  }

  static Duration shorter(Duration a, Duration b) {
    return a.compareTo(b) <= 0 ? a : b;
  }

  private static Duration longer(Duration a, Duration b) {
    return a.compareTo(b) >= 0 ? a : b;
  }
}
