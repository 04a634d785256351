package dev.inferscale.worker.engine;

import dev.inferscale.worker.telemetry.Finished;
import dev.inferscale.worker.telemetry.Outcome;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// The tokens of one request on their way from the engine to its reader, and the way back for a
/// reader who wants no more.
///
/// Unread tokens are kept here, at most as many as the request asked for, so that a slow reader
/// costs memory of its own and never the engine's time. The lock is held for a copy only.
public final class TokenStream {
  private static final int[] NONE = {};

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private int[] tokens = new int[16];
  private int count;
  private @Nullable Finished end;

  /// Set by any thread, read by the engine thread at its next step.
  private final AtomicReference<@Nullable Outcome> cancelled = new AtomicReference<>();

  TokenStream() {}

  /// What came since the last call.
  ///
  /// @param tokens may be empty only at the end
  /// @param end present once, with or after the last tokens
  public record Piece(int[] tokens, Optional<Finished> end) {}

  /// Waits until there are tokens or the request has ended.
  public Piece next() throws InterruptedException {
    lock.lock();
    try {
      while (count == 0 && end == null) {
        changed.await();
      }
      int[] piece = count == 0 ? NONE : Arrays.copyOf(tokens, count);
      count = 0;
      return new Piece(piece, Optional.ofNullable(end));
    } finally {
      lock.unlock();
    }
  }

  /// Asks the engine to end the request; the first call wins, and the request may still end by
  /// itself before it is seen. The stream's end follows within a step.
  ///
  /// @param outcome how it shall be counted: [Outcome#STOP] for a stop string that was found
  public void cancel(Outcome outcome) {
    cancelled.compareAndSet(null, outcome);
  }

  @Nullable Outcome cancelled() {
    return cancelled.get();
  }

  void offer(int token) {
    lock.lock();
    try {
      if (count == tokens.length) {
        tokens = Arrays.copyOf(tokens, count * 2);
      }
      tokens[count++] = token;
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  /// The last word; throws [IllegalStateException] when it was said before.
  void end(Finished finished) {
    lock.lock();
    try {
      if (end != null) {
        throw new IllegalStateException("a request ended twice");
      }
      end = finished;
      changed.signal();
    } finally {
      lock.unlock();
    }
  }
}
