package dev.inferscale.signals.snapshot;

import dev.inferscale.signals.pool.PoolId;
import dev.inferscale.signals.profile.Signal;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/// One pool as it was at the last fold, and what can be answered about it.
public interface Pool { // SKELETON: becomes a final class or record of the snapshot package

  PoolId id();

  /// The model's name as the user wrote it.
  String model();

  /// Labels that every item about this pool carries, all legal selector values: `pool`, `model`
  /// (the alias), and `role` where the pool is only prefill or decode.
  Map<String, String> labels();

  /// The profile in use, or empty before the first reading.
  String engine();

  /// What each target is doing, for people.
  List<TargetState> targets();

  /// Answers one question; staleness is judged here, against `now`.
  ///
  /// @param quantile 0 < q < 1 for signals that have quantiles; empty for the default
  Answer answer(Signal signal, OptionalDouble quantile, Instant now);

  /// One target at the last fold.
  ///
  /// @param state `up`, `starting`, `unreachable`, `refused`, `stale`
  /// @param detail one sentence, empty when up
  record TargetState(String name, String state, String detail) {}
}
