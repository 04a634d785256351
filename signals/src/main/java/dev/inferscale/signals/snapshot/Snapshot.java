package dev.inferscale.signals.snapshot;

import dev.inferscale.signals.pool.PoolId;
import dev.inferscale.signals.pool.RejectedPool;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.SortedMap;

/// All pools at one instant. Immutable: a reader that has one may keep it; ages are computed when
/// it is read.
///
/// @param sequence grows by one with each fold
/// @param at when it was folded
/// @param rejected documents that are at fault now, whether or not an earlier version is measured
public record Snapshot(
    long sequence, Instant at, SortedMap<PoolId, Pool> pools, List<RejectedPool> rejected) {
  private static final Duration MISSED_FOLDS = Duration.ofSeconds(3);

  public Snapshot {
    rejected = List.copyOf(rejected);
  }

  /// With no document at fault.
  public Snapshot(long sequence, Instant at, SortedMap<PoolId, Pool> pools) {
    this(sequence, at, pools, List.of());
  }

  /// At what age it tells too little: the shortest `staleAfter` of its pools, and `most` where that
  /// is less. One pool's haste decides over the others only down to three missed folds.
  public Duration staleAfter(Duration most) {
    Duration shortest = most;
    for (Pool pool : pools.values()) {
      Duration staleAfter = pool.config().missing().staleAfter();
      shortest = staleAfter.compareTo(shortest) < 0 ? staleAfter : shortest;
    }
    return shortest.compareTo(MISSED_FOLDS) < 0 ? MISSED_FOLDS : shortest;
  }

  /// The same with these documents at fault.
  public Snapshot rejecting(List<RejectedPool> documents) {
    return new Snapshot(sequence, at, pools, documents);
  }
}
