package dev.inferscale.app.plane;

import dev.inferscale.launch.MonotonicTime;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/// The usual clock, ahead by as much as it was told to jump.
final class AheadTime implements InstantSource {
  private final InstantSource real = new MonotonicTime();
  private volatile Duration ahead = Duration.ZERO;

  /// From now on it is so much later; called by one thread.
  void jump(Duration by) {
    ahead = ahead.plus(by);
  }

  Duration ahead() {
    return ahead;
  }

  @Override
  public Instant instant() {
    return real.instant().plus(ahead);
  }
}
