package dev.inferscale.worker.backend.paced;

import dev.inferscale.worker.backend.Backend;
import dev.inferscale.worker.backend.Batch;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.locks.LockSupport;

/// Another backend's tokens at the pace of a law: computes a step, then waits until the step has
/// taken its time.
///
/// **When a step begins.** Where a batch goes on with sequences of the step before, the engine had
/// work all the time, so the step begins when the one before it was due to end: a wait that ends
/// late, and what the engine does between two steps, are made up by the next step and never add up.
/// A batch of new sequences only may have been waited for, and begins when it comes.
///
/// **What is not made up.** At most one step's time; whatever a worker is behind beyond that (it
/// was stopped, or its processors cannot carry it) is given up and counted in [#behind], so that it
/// never races to catch up.
public final class PacedBackend implements Backend {
  private final Backend computing;
  private final PaceLaw law;
  private final InstantSource time;
  private final Capacity capacity;

  /// When the latest step had to end.
  private Instant due;

  /// Volatile: written by the engine thread, read by scrapes.
  private volatile Duration behind = Duration.ZERO;

  /// Takes over `computing` and closes it.
  ///
  /// @param time monotonic
  public PacedBackend(Backend computing, PaceLaw law, InstantSource time) {
    this.computing = computing;
    this.law = law;
    this.time = time;
    due = time.instant();
    Capacity real = computing.capacity();
    capacity =
        new Capacity(
            real.blockTokens(),
            real.blocks(),
            real.contextTokens(),
            real.vocabulary(),
            "paced (a step takes %s; tokens by %s)".formatted(law, real.device()));
  }

  @Override
  public Capacity capacity() {
    return capacity;
  }

  /// The time by which steps took longer than the law and that no later step made up: what this
  /// worker did not run at its pace. Any thread may ask.
  public Duration behind() {
    return behind;
  }

  @Override
  public int[] step(Batch batch) {
    Duration length = law.time(StepWork.of(batch));
    Instant begin = begin(batch, length, time.instant());
    int[] tokens = computing.step(batch);
    due = begin.plus(length);
    awaitDue();
    return tokens;
  }

  private Instant begin(Batch batch, Duration length, Instant now) {
    boolean continues = batch.slices().stream().anyMatch(slice -> slice.start() > 0);
    if (!continues) {
      return now;
    }
    Instant earliest = now.minus(length);
    if (due.isBefore(earliest)) {
      behind = behind.plus(Duration.between(due, earliest));
      return earliest;
    }
    return due;
  }

  /// A request that arrives wakes the engine thread; the step goes on all the same.
  private void awaitDue() {
    for (long left = left(); left > 0; left = left()) {
      LockSupport.parkNanos(this, left);
    }
  }

  private long left() {
    return Duration.between(time.instant(), due).toNanos();
  }

  @Override
  public void close() {
    computing.close();
  }
}
