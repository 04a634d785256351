package dev.inferscale.keda.push;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// When one stream is told what. Pure.
///
/// A stream says at its opening how things stand, then each time that there comes to be something
/// to do, and repeats that while it lasts: KEDA may lose one (kedacore/keda#8168), and counts the
/// time to zero from the last. `false` is said at the opening only, since KEDA goes to zero by
/// asking.
///
/// @param said the last word, null for none yet
/// @param at when it last said that there is something to do; long ago where it never did
/// @param ends when the stream is to end by itself, with OK: only such an end lets KEDA come back
///   within two seconds, and it may find another replica of ours
record Beat(@Nullable Boolean said, Instant at, Instant ends) {
  /// Each word costs KEDA a PATCH of its ScaledObject.
  static final Duration AT_MOST_EVERY = Duration.ofSeconds(1);

  static final Duration SHORTEST_REPEAT = Duration.ofSeconds(6);
  static final Duration REPEAT_SPREAD = Duration.ofSeconds(3);

  private static final Duration SHORTEST_AGE = Duration.ofMinutes(20);
  private static final Duration AGE_SPREAD = Duration.ofMinutes(5);

  /// A stream that has just been opened.
  ///
  /// @param random 0 to 1
  static Beat opened(Instant now, double random) {
    return new Beat(
        null, now.minus(AT_MOST_EVERY), now.plus(SHORTEST_AGE).plus(part(AGE_SPREAD, random)));
  }

  boolean isOver(Instant now) {
    return !now.isBefore(ends);
  }

  /// What is said now, null for nothing.
  ///
  /// @param active whether there is anything to do, null where nothing is known
  /// @param random 0 to 1; spreads what is repeated
  @Nullable Boolean word(@Nullable Boolean active, Instant now, double random) {
    if (active == null) {
      return null;
    }
    if (said == null) {
      return active;
    }
    if (!active) {
      return null;
    }
    Duration since = Duration.between(at, now);
    Duration least = said ? SHORTEST_REPEAT.plus(part(REPEAT_SPREAD, random)) : AT_MOST_EVERY;
    return since.compareTo(least) >= 0 ? Boolean.TRUE : null;
  }

  /// The same when there is no longer anything to do: the next rise is said at once.
  Beat fallen() {
    return Boolean.TRUE.equals(said) ? new Beat(false, at, ends) : this;
  }

  Beat saying(boolean word, Instant now) {
    return new Beat(word, word ? now : at, ends);
  }

  private static Duration part(Duration whole, double random) {
    return Duration.ofNanos(Math.round(whole.toNanos() * random));
  }
}
