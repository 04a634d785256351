package dev.inferscale.signals.snapshot;

import dev.inferscale.signals.pool.Replicas;
import dev.inferscale.signals.pool.Replicas.Count;
import dev.inferscale.signals.profile.Signal;
import java.time.Duration;
import java.util.List;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/// Computes any signal from what is seen of some targets: all of a pool's, or one pod's.
final class Folding {
  /// The API server may be away for so long before what it said last is no longer said on.
  private static final Duration REPLICAS_STALE_AFTER = Duration.ofSeconds(60);

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

  /// All folds meet here: what they have in common while targets are silent is [Partial]'s.
  static Answer answer(
      Sight sight, Signal signal, OptionalDouble quantile, LastFull lastFull, Replicas replicas) {
    Answer told = fold(sight, signal, quantile, replicas);
    return signal.hasPods()
            && told instanceof Answer.Value value
            && value.targetsCovered() < sight.total()
        ? Partial.answer(
            sight, signal, value, lastFull, other -> fold(other, signal, quantile, replicas))
        : told;
  }

  private static Answer fold(
      Sight sight, Signal signal, OptionalDouble quantile, Replicas replicas) {
    return switch (signal.fold()) {
      case SUM -> Sums.answer(sight, signal);
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

  /// What a signal is of a pool of which no replica is wanted and none is left, null where nothing
  /// can be said of no replica. It is as old as the word that none is wanted.
  static Answer.@Nullable Value atRest(Sight sight, Signal signal, Replicas replicas) {
    if (!(replicas.wanted() instanceof Count.Known wanted)) {
      return null;
    }
    return switch (signal.fold()) {
      case SUM, NOWCAST, QUANTILE, LARGEST, MEAN_BY_CAPACITY, SHARE_OF_INCREASES -> {
        Duration since = Duration.between(wanted.at(), sight.now());
        yield new Answer.Value(
            signal == Signal.SUCCESS_RATIO ? 1 : 0,
            since.isNegative() ? Duration.ZERO : since,
            null,
            Quality.IDLE,
            0,
            0,
            List.of(),
            "no replica is wanted, and none is left");
      }
      case MEAN_OVER_GPUS, SHARE_OF_SIZE, PRICE, PRICE_OVER_TOKENS, SCALE, NONE -> null;
    };
  }

  private static Answer replicas(Sight sight, Signal signal, Replicas replicas) {
    if (sight.pool().scaleTarget() == null) {
      return sight.missing(
          Absence.CONFIG, "the pool has no scaleTargetRef; name what the autoscaler scales");
    }
    Count count =
        switch (signal) {
          case REPLICAS -> replicas.wanted();
          case REPLICAS_READY -> replicas.ready();
          default -> replicas.starting();
        };
    return switch (count) {
      case Count.Unknown(boolean soon, String why) ->
          sight.missing(soon ? Absence.NOT_YET : Absence.CONFIG, why);
      case Count.Known known -> counted(sight, known);
    };
  }

  private static Answer counted(Sight sight, Count.Known known) {
    Duration since = Duration.between(known.at(), sight.now());
    Duration age = since.isNegative() ? Duration.ZERO : since;
    if (age.compareTo(REPLICAS_STALE_AFTER) > 0) {
      return new Answer.Missing(
          Absence.STALE,
          "the Kubernetes API has not told it for "
              + Explanation.seconds(age)
              + "; is the API server up?",
          age);
    }
    return new Answer.Value(
        known.number(),
        age,
        null,
        Quality.EXACT,
        sight.fresh().size(),
        sight.total(),
        List.of(),
        "");
  }
}
