package dev.inferscale.app.act;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/// Time that moves only when a test says so.
final class Clock implements InstantSource {
  private volatile Instant now = Cluster.START;

  @Override
  public Instant instant() {
    return now;
  }

  void advance(Duration duration) {
    now = now.plus(duration);
  }
}
