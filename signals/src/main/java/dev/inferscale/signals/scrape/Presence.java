package dev.inferscale.signals.scrape;

import dev.inferscale.signals.pool.PoolTargets;
import dev.inferscale.signals.pool.Target;
import dev.inferscale.signals.window.Outcome;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;

/// Whether a pool has a replica that serves: a target that is ready and answered when it was asked
/// last. While it has none, those in front of it are the only ones who know of its demand, and are
/// asked more often. Any thread may call it.
final class Presence {
  private final Set<Target> answering = ConcurrentHashMap.newKeySet();
  // Written by whoever follows the pools, read by the asking threads.
  private volatile Set<Target> ready = Set.of();
  private volatile List<Semaphore> fronts = List.of();

  /// These belong to the pool now.
  ///
  /// @param asked a permit of these makes those in front be asked without waiting
  void follow(PoolTargets listed, List<Semaphore> asked) {
    boolean served = serves();
    Set<Target> targets = new HashSet<>(listed.targets());
    answering.retainAll(targets);
    targets.removeAll(listed.starting());
    ready = Set.copyOf(targets);
    fronts = List.copyOf(asked);
    if (served) {
      wakeIfNone();
    }
  }

  /// This came of asking a target of the pool.
  void note(Outcome.Asked outcome) {
    switch (outcome) {
      case Outcome.Read read -> answering.add(read.target());
      case Outcome.Failed failed -> {
        if (answering.remove(failed.target())) {
          wakeIfNone();
        }
      }
    }
  }

  boolean serves() {
    return ready.stream().anyMatch(answering::contains);
  }

  private void wakeIfNone() {
    if (!fronts.isEmpty() && !serves()) {
      fronts.forEach(Semaphore::release);
    }
  }
}
