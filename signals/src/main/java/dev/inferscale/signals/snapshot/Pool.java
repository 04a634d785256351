package dev.inferscale.signals.snapshot;

import dev.inferscale.signals.pool.ModelPool;
import dev.inferscale.signals.pool.ModelPool.WhenMissing;
import dev.inferscale.signals.pool.PoolId;
import dev.inferscale.signals.pool.PoolTargets;
import dev.inferscale.signals.pool.PoolTargets.Gap;
import dev.inferscale.signals.pool.Replicas;
import dev.inferscale.signals.profile.Reading;
import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.window.Measured;
import dev.inferscale.signals.window.TargetView;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// One pool as it was at the last fold, and what can be answered about it. Immutable: it holds what
/// is known of each target, and every answer is computed for the instant at which it is asked, so
/// that data grows old even when nobody folds.
public final class Pool {
  private final ModelPool config;
  private final Sight folded;
  private final Instant freshUntil;
  private final LastFull lastFull;
  private final List<TargetView> starting;
  private final @Nullable Gap gap;
  private final Replicas replicas;
  private final Map<String, String> labels;

  /// @param folded what was seen at the fold of the targets that count
  /// @param starting those that do not count yet
  Pool(PoolTargets config, Sight folded, LastFull lastFull, List<TargetView> starting) {
    this.config = config.pool();
    this.starting = List.copyOf(starting);
    this.gap = config.gap();
    this.replicas = config.replicas();
    this.folded = folded;
    this.freshUntil = folded.freshUntil();
    this.lastFull = lastFull;
    this.labels = labels(config);
  }

  private static Map<String, String> labels(PoolTargets config) {
    Map<String, String> labels = new LinkedHashMap<>();
    labels.put("pool", config.pool().id().name());
    labels.put("model", config.modelAlias());
    if (config.pool().role() != ModelPool.Role.BOTH) {
      labels.put("role", config.pool().role().word());
    }
    return Collections.unmodifiableMap(labels);
  }

  public PoolId id() {
    return config.id();
  }

  /// The pool as its user wrote it.
  public ModelPool config() {
    return config;
  }

  /// The model's name as the user wrote it.
  public String model() {
    return config.model();
  }

  /// Labels that every item about this pool carries, all legal selector values: `pool`, `model`
  /// (the alias), and `role` where the pool is only prefill or decode.
  public Map<String, String> labels() {
    return labels;
  }

  /// The profile in use, or empty before the first reading.
  public String engine() {
    for (TargetView view : folded.views()) {
      Measured measured = view.measured();
      if (measured != null) {
        return measured.reading().profile();
      }
    }
    return "";
  }

  /// The signals that the engine exports itself, as the profile says of the page read last.
  public Set<Signal> exported() {
    Set<Signal> exported = EnumSet.noneOf(Signal.class);
    for (TargetView view : folded.views()) {
      Measured measured = view.measured();
      for (Signal signal : Signal.values()) {
        if (measured != null
            && measured.reading().provenance(signal).grade() == Reading.Grade.DIRECT) {
          exported.add(signal);
        }
      }
    }
    return exported;
  }

  /// What each target is doing, for people.
  public List<TargetState> targets() {
    Duration staleAfter = config.missing().staleAfter();
    return Stream.concat(
            folded.views().stream().map(view -> Silence.state(view, staleAfter, folded.now())),
            starting.stream().map(Silence::starting))
        .toList();
  }

  /// Answers one question; staleness is judged here, against `now`.
  ///
  /// @param quantile 0 < q < 1 for signals that have quantiles; empty for the default
  public Answer answer(Signal signal, OptionalDouble quantile, Instant now) {
    Sight sight = sight(now);
    if (quantile.isPresent()) {
      Answer refusal = refuse(sight, signal, quantile.getAsDouble());
      if (refusal != null) {
        return refusal;
      }
    }
    Answer answer = compute(sight, signal, quantile);
    return answer instanceof Answer.Missing missing
        ? held(explained(sight, missing), signal, quantile, now)
        : answer;
  }

  /// Why there is nothing to count, where more is known about that.
  private Answer.Missing explained(Sight sight, Answer.Missing missing) {
    if (missing.why() != Absence.NO_TARGETS) {
      return missing;
    }
    if (!starting.isEmpty()) {
      return sight.missing(
          Absence.NOT_YET, starting.size() + " starting; wait for the first that is ready");
    }
    if (gap == null) {
      return missing;
    }
    Absence why =
        switch (gap.kind()) {
          case CONFIG -> Absence.CONFIG;
          case NOT_YET -> Absence.NOT_YET;
          case NONE -> Absence.NO_TARGETS;
        };
    return sight.missing(why, gap.sentence());
  }

  private Sight sight(Instant now) {
    return now.isAfter(freshUntil) ? Sight.of(config, folded.views(), now) : folded.at(now);
  }

  /// The last instant at which time alone changes nothing.
  Instant freshUntil() {
    return freshUntil;
  }

  private static @Nullable Answer refuse(Sight sight, Signal signal, double quantile) {
    if (!signal.hasQuantiles()) {
      return sight.missing(
          Absence.UNKNOWN_SIGNAL, signal.wireName() + " has no quantiles; ask without one");
    }
    if (!(quantile > 0 && quantile < 1)) {
      return sight.missing(Absence.UNKNOWN_SIGNAL, "a quantile lies between 0 and 1, such as 0.9");
    }
    return null;
  }

  private Answer compute(Sight sight, Signal signal, OptionalDouble quantile) {
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
      case SCALE -> replicas(sight, signal);
      case NONE -> sight.missing(Absence.CONFIG, "the replica policy is not part of this version");
    };
  }

  private Answer replicas(Sight sight, Signal signal) {
    if (config.scaleTarget() == null) {
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

  /// Where the pool wants it, data that is lost is bridged by the last good answer, for a while and
  /// marked: as long as `holdFor` after it would have been too old to count. What an engine never
  /// told cannot be held.
  private Answer held(Answer.Missing missing, Signal signal, OptionalDouble quantile, Instant now) {
    boolean lost =
        switch (missing.why()) {
          case STALE, UNREACHABLE, REFUSED, PARTIAL -> true;
          default -> false;
        };
    Instant good = lastFull.at();
    if (!lost
        || good == null
        || lastFull.views() == null
        || config.missing().answer() != WhenMissing.Rule.HOLD) {
      return missing;
    }
    Sight whole = Sight.of(config, lastFull.views(), good);
    if (Duration.between(whole.freshUntil(), now).compareTo(config.missing().holdFor()) > 0) {
      return missing;
    }
    Answer then = compute(whole, signal, quantile);
    return then instanceof Answer.Value value ? held(value, Duration.between(good, now)) : missing;
  }

  private static Answer held(Answer.Value value, Duration held) {
    String note = "held for " + Explanation.seconds(held);
    return new Answer.Value(
        value.number(),
        value.age().plus(held),
        value.window(),
        Sight.worse(value.quality(), Quality.ESTIMATED),
        value.targetsCovered(),
        value.targetsTotal(),
        value.from(),
        Explanation.line(value.note().isEmpty() ? note : note + "; " + value.note()));
  }

  /// One target at the last fold.
  ///
  /// @param state `up`, `starting`, `unreachable`, `refused`, `stale`
  /// @param detail one sentence, empty when up
  public record TargetState(String name, String state, String detail) {}
}
