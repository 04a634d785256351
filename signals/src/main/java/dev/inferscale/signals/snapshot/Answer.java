package dev.inferscale.signals.snapshot;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What can be said about one question. Never a number that is not known.
public sealed interface Answer {

  /// A number.
  ///
  /// @param number finite, always
  /// @param age of the oldest reading that counts in it
  /// @param window over which it was computed, null for a level
  /// @param targetsCovered how many targets it covers
  /// @param targetsTotal how many it should cover
  /// @param from the engine's series it came from
  /// @param note what a person should know about it ("lower bound", "held for 12 s", "nowcast:
  ///   oldest wait"); empty where nothing
  record Value(
      double number,
      Duration age,
      @Nullable Duration window,
      Quality quality,
      int targetsCovered,
      int targetsTotal,
      List<String> from,
      String note)
      implements Answer {
    public Value {
      if (!Double.isFinite(number)) {
        throw new IllegalArgumentException("a value is a finite number, not " + number);
      }
    }
  }

  /// No number, and why.
  ///
  /// @param explanation one line under 200 characters, without secrets, that says what to do
  /// @param age of the last reading, null where there never was one
  record Missing(Absence why, String explanation, @Nullable Duration age) implements Answer {}
}
