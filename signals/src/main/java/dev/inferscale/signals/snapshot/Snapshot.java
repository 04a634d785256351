package dev.inferscale.signals.snapshot;

import dev.inferscale.signals.pool.PoolId;
import dev.inferscale.signals.pool.RejectedPool;
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
  public Snapshot {
    rejected = List.copyOf(rejected);
  }

  /// With no document at fault.
  public Snapshot(long sequence, Instant at, SortedMap<PoolId, Pool> pools) {
    this(sequence, at, pools, List.of());
  }

  /// The same with these documents at fault.
  public Snapshot rejecting(List<RejectedPool> documents) {
    return new Snapshot(sequence, at, pools, documents);
  }
}
