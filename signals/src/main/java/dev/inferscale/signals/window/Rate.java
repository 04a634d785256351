package dev.inferscale.signals.window;

import dev.inferscale.signals.profile.Reading;
import dev.inferscale.signals.profile.Reading.Counter;
import dev.inferscale.signals.profile.Reading.Distribution;
import dev.inferscale.signals.profile.Reading.Histogram;
import dev.inferscale.signals.profile.Reading.Ranks;

/// What a window keeps rates of: the counters, in their order, and requests that left the queue as
/// far as first tokens show it (there is no counter of that).
final class Rate {
  static final int FIRST_TOKENS = Counter.values().length;
  static final int COUNT = FIRST_TOKENS + 1;

  private Rate() {}

  /// What that total is a sum over.
  static Ranks ranks(Reading reading, int rate) {
    return rate < FIRST_TOKENS
        ? reading.ranks(Counter.values()[rate])
        : reading.ranks(Distribution.TIME_TO_FIRST_TOKEN);
  }

  /// The total that the rate is an increase of; NaN where the reading does not have it.
  static double total(Reading reading, int rate) {
    if (rate < FIRST_TOKENS) {
      return reading.counters()[rate];
    }
    Histogram firstTokens = reading.histogram(Distribution.TIME_TO_FIRST_TOKEN);
    return firstTokens == null ? Double.NaN : firstTokens.count();
  }
}
