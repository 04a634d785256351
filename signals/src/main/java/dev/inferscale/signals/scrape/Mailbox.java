package dev.inferscale.signals.scrape;

import dev.inferscale.signals.window.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/// Hands outcomes from the fetching threads to the fold thread. Bounded: a full mailbox makes
/// fetchers wait, never the fold.
public final class Mailbox {
  private final BlockingQueue<Outcome> outcomes;
  private final int capacity;
  // Has a permit while an outcome that cannot wait came in since the last pause.
  private final Semaphore pressing = new Semaphore(0);

  /// @param capacity at least 1
  public Mailbox(int capacity) {
    this.capacity = capacity;
    this.outcomes = new ArrayBlockingQueue<>(capacity);
  }

  /// Puts one outcome in; waits while the mailbox is full.
  public void put(Outcome outcome) throws InterruptedException {
    outcomes.put(outcome);
    press(outcome);
  }

  /// Puts one outcome in if there is room; never waits.
  public boolean offer(Outcome outcome) {
    boolean taken = outcomes.offer(outcome);
    if (taken) {
      press(outcome);
    }
    return taken;
  }

  private void press(Outcome outcome) {
    if (outcome.isPressing()) {
      pressing.release();
    }
  }

  /// Waits so long, or until an outcome [presses][Outcome#isPressing] that was not taken out yet.
  ///
  /// @return whether one presses
  public boolean pause(Duration longest) throws InterruptedException {
    return pressing.tryAcquire(longest.toNanos(), TimeUnit.NANOSECONDS);
  }

  /// Takes everything out; waits for the first outcome at most so long, and may come back empty.
  public List<Outcome> take(Duration longest) throws InterruptedException {
    List<Outcome> taken = new ArrayList<>();
    Outcome first = outcomes.poll(longest.toNanos(), TimeUnit.NANOSECONDS);
    if (first != null) {
      taken.add(first);
      pressing.drainPermits();
      outcomes.drainTo(taken);
    }
    return taken;
  }

  /// How many outcomes lie in it.
  public int depth() {
    return outcomes.size();
  }

  public int capacity() {
    return capacity;
  }
}
