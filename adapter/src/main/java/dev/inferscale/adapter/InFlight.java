package dev.inferscale.adapter;

import java.util.concurrent.atomic.AtomicInteger;

/// How many requests one server answers at a time. A request is answered at once from memory,
/// unless who sends it must be asked about first, or the peer does not take the answer; those are
/// what piles up.
///
/// Of the places some are only for requests that are answered at once: however many wait for the
/// API server, whoever it has already said yes to reads on.
final class InFlight {
  private final int limit;
  private final int mayWait;
  private final AtomicInteger open = new AtomicInteger();
  private final AtomicInteger waiting = new AtomicInteger();

  /// @param limit at least 1; three quarters of them may wait
  InFlight(int limit) {
    this.limit = limit;
    this.mayWait = limit - limit / 4;
  }

  /// Takes a place; whoever gets one gives it back by [#leave].
  ///
  /// @return false where there is none
  boolean enter() {
    return take(open, limit);
  }

  void leave() {
    open.decrementAndGet();
  }

  /// A request that has a place is going to wait; [#waited] ends that.
  ///
  /// @return false where too many wait already
  boolean await() {
    return take(waiting, mayWait);
  }

  void waited() {
    waiting.decrementAndGet();
  }

  int now() {
    return open.get();
  }

  int limit() {
    return limit;
  }

  private static boolean take(AtomicInteger taken, int limit) {
    if (taken.incrementAndGet() <= limit) {
      return true;
    }
    taken.decrementAndGet();
    return false;
  }
}
