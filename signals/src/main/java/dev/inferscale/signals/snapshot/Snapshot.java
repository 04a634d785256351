package dev.inferscale.signals.snapshot;

import dev.inferscale.signals.pool.PoolId;
import java.time.Instant;
import java.util.SortedMap;

/// All pools at one instant. Immutable: a reader that has one may keep it; ages are computed when
/// it is read.
///
/// @param sequence grows by one with each fold
/// @param at when it was folded
public record Snapshot(long sequence, Instant at, SortedMap<PoolId, Pool> pools) {}
