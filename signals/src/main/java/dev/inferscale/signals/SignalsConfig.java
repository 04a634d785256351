package dev.inferscale.signals;

import dev.inferscale.signals.scrape.ScrapeLimits;
import java.time.Duration;

/// How the plane measures, apart from what its pools say.
///
/// @param scrape bounds on asking targets
/// @param maxTargets over all pools
/// @param mailboxCapacity outcomes that may wait for the fold thread
/// @param foldPause the shortest time between two folds, unless demand in front of a pool presses
/// @param foldPeriod the longest time between two folds
public record SignalsConfig(
    ScrapeLimits scrape,
    int maxTargets,
    int mailboxCapacity,
    Duration foldPause,
    Duration foldPeriod) {
  public SignalsConfig {
    if (maxTargets < 1 || maxTargets > 100_000) {
      throw new IllegalArgumentException("maxTargets must be 1 to 100000");
    }
    if (mailboxCapacity < 1 || mailboxCapacity > 1_000_000) {
      throw new IllegalArgumentException("mailboxCapacity must be 1 to 1000000");
    }
    if (foldPause.isNegative() || foldPause.compareTo(Duration.ofSeconds(1)) > 0) {
      throw new IllegalArgumentException("foldPause must be 0ms to 1s");
    }
    if (foldPeriod.compareTo(foldPause) < 0
        || foldPeriod.isZero()
        || foldPeriod.compareTo(Duration.ofSeconds(5)) > 0) {
      throw new IllegalArgumentException("foldPeriod must be foldPause to 5s, and not 0");
    }
  }

  /// 10,000 targets; folds on arrival, at most every 20 ms and at least every second.
  public static SignalsConfig defaults() {
    return new SignalsConfig(
        ScrapeLimits.defaults(), 10_000, 20_000, Duration.ofMillis(20), Duration.ofSeconds(1));
  }
}
