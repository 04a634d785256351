package dev.inferscale.worker.telemetry;

import java.time.Duration;

/// Durations as the floating-point seconds that metrics are in.
public final class Seconds {
  private Seconds() {}

  public static double of(Duration duration) {
    return duration.getSeconds() + duration.getNano() / 1e9;
  }
}
