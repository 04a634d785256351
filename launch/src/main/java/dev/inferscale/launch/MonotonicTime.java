package dev.inferscale.launch;

import java.time.Instant;
import java.time.InstantSource;

/// The clock of a process: the wall time of its start plus what has truly elapsed since, so that no
/// adjustment of the machine's clock makes an age jump. Thread-safe.
public final class MonotonicTime implements InstantSource {
  private final Instant started = Instant.now();
  private final long startedNanos = System.nanoTime();

  @Override
  public Instant instant() {
    return started.plusNanos(System.nanoTime() - startedNanos);
  }
}
