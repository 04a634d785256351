package dev.inferscale.signals;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/// Time that moves only when a test says so.
public final class ManualTime implements InstantSource {
  /// Where tests begin.
  public static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  // Read by the plane's threads.
  private volatile Instant now = START;

  @Override
  public Instant instant() {
    return now;
  }

  public void advance(Duration duration) {
    now = now.plus(duration);
  }

  /// The start and so many seconds.
  public static Instant second(double seconds) {
    return START.plusNanos(Math.round(seconds * 1e9));
  }
}
