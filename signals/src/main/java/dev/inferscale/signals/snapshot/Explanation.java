package dev.inferscale.signals.snapshot;

import java.time.Duration;

/// Sentences that go into events, statuses and documents: one line, under 200 characters.
final class Explanation {
  private static final int MOST = 199;
  private static final int MOST_FROM_OUTSIDE = 128;

  private Explanation() {}

  static String line(String text) {
    return cut(text, MOST);
  }

  /// Text that a target or a user wrote.
  static String outside(String text) {
    return cut(text, MOST_FROM_OUTSIDE);
  }

  /// Whole seconds, or tenths below ten.
  static String seconds(Duration duration) {
    return seconds(duration.toNanos() / 1e9);
  }

  /// Three significant digits, never an exponent.
  static String seconds(double seconds) {
    if (seconds >= 10) {
      return Math.round(seconds) + " s";
    }
    double step = seconds >= 1 ? 10 : 1000;
    double rounded = Math.round(seconds * step) / step;
    return (rounded == Math.rint(rounded) ? String.valueOf((long) rounded) : "" + rounded) + " s";
  }

  private static String cut(String text, int most) {
    String line = text.replaceAll("\\p{Cntrl}+", " ");
    return line.length() <= most ? line : line.substring(0, most - 3) + "...";
  }
}
