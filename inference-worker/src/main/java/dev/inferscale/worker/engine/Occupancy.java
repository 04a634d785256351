package dev.inferscale.worker.engine;

import dev.inferscale.worker.telemetry.Load;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// What the engine holds, as running sums, so that a scrape walks no queue and never waits for a
/// step. Request threads add to the queue; only the engine thread takes from it and writes the
/// rest.
final class Occupancy {
  private final int maxQueue;
  private final AtomicInteger waiting = new AtomicInteger();
  private final AtomicLong waitingTokens = new AtomicLong();

  /// Volatile: written by the engine thread, read by scrapes.
  private volatile Held held = new Held(0, 0, 0, null);

  Occupancy(int maxQueue) {
    this.maxQueue = maxQueue;
  }

  /// The engine thread's part.
  ///
  /// @param oldestWaiting since when the oldest request that the engine thread has seen waits
  record Held(
      int running, long runningTokens, long kvUsedTokens, @Nullable Instant oldestWaiting) {}

  /// Counts a new request in; false when the queue is full.
  boolean tryEnter(int tokens) {
    int before = waiting.getAndUpdate(count -> count < maxQueue ? count + 1 : count);
    if (before >= maxQueue) {
      return false;
    }
    waitingTokens.addAndGet(tokens);
    return true;
  }

  /// A preempted sequence waits again, whatever the limit: it was accepted before.
  void reenter(int tokens) {
    waiting.incrementAndGet();
    waitingTokens.addAndGet(tokens);
  }

  void leave(int tokens) {
    waiting.decrementAndGet();
    waitingTokens.addAndGet(-tokens);
  }

  void show(Held now) {
    held = now;
  }

  int waiting() {
    return waiting.get();
  }

  /// Everything at one instant.
  ///
  /// @param unseen since when the oldest request waits that the engine thread has not yet seen
  Load load(Instant now, @Nullable Instant unseen) {
    Held seen = held;
    Instant oldest = seen.oldestWaiting() == null ? unseen : seen.oldestWaiting();
    return new Load(
        waiting.get(),
        seen.running(),
        waitingTokens.get(),
        seen.runningTokens(),
        seen.kvUsedTokens(),
        oldest == null || oldest.isAfter(now) ? Duration.ZERO : Duration.between(oldest, now));
  }
}
