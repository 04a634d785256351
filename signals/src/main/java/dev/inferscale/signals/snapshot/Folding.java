package dev.inferscale.signals.snapshot;

import dev.inferscale.signals.pool.Replicas;
import dev.inferscale.signals.profile.Signal;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/// Computes any signal from what is seen of some targets: all of a pool's, or one pod's.
final class Folding {
  private Folding() {}

  /// Why that quantile of that signal cannot be asked for, null where it can.
  static @Nullable Answer refusal(Sight sight, Signal signal, OptionalDouble quantile) {
    if (quantile.isEmpty()) {
      return null;
    }
    if (!signal.hasQuantiles()) {
      return sight.missing(
          Absence.UNKNOWN_SIGNAL, signal.wireName() + " has no quantiles; ask without one");
    }
    if (!(quantile.getAsDouble() > 0 && quantile.getAsDouble() < 1)) {
      return sight.missing(Absence.UNKNOWN_SIGNAL, "a quantile lies between 0 and 1, such as 0.9");
    }
    return null;
  }

  static Answer answer(
      Sight sight, Signal signal, OptionalDouble quantile, LastFull lastFull, Replicas replicas) {
    return switch (signal.fold()) {
      case SUM -> Sums.answer(sight, signal, lastFull);
      case NOWCAST ->
          quantile.isPresent()
              ? Latencies.answer(sight, signal, quantile)
              : QueueWait.nowcast(sight);
      case QUANTILE -> Latencies.answer(sight, signal, quantile);
      case LARGEST -> Levels.oldestWait(sight);
      case MEAN_BY_CAPACITY -> Levels.cacheUtilization(sight);
      case MEAN_OVER_GPUS -> Levels.gpuUtilization(sight);
      case SHARE_OF_SIZE -> Levels.gpuMemoryUtilization(sight);
      case SHARE_OF_INCREASES -> Ratios.answer(sight, signal);
      case PRICE -> Costs.perHour(sight);
      case PRICE_OVER_TOKENS -> Costs.perMillionTokens(sight);
      case SCALE -> replicas(sight, signal, replicas);
      case NONE -> sight.missing(Absence.CONFIG, "the replica policy is not part of this version");
    };
  }

  private static Answer replicas(Sight sight, Signal signal, Replicas replicas) {
    if (sight.pool().scaleTarget() == null) {
      return sight.missing(
          Absence.CONFIG, "the pool has no scaleTargetRef; name what the autoscaler scales");
    }
    return Scaled.answer(
        sight,
        switch (signal) {
          case REPLICAS -> replicas.wanted();
          case REPLICAS_READY -> replicas.ready();
          default -> replicas.starting();
        });
  }
}
