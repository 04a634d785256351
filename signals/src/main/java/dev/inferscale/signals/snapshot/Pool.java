package dev.inferscale.signals.snapshot;

import dev.inferscale.signals.pool.ModelPool;
import dev.inferscale.signals.pool.ModelPool.WhenMissing;
import dev.inferscale.signals.pool.PoolId;
import dev.inferscale.signals.pool.PoolTargets;
import dev.inferscale.signals.pool.PoolTargets.Gap;
import dev.inferscale.signals.pool.Replicas;
import dev.inferscale.signals.pool.ScaledObject;
import dev.inferscale.signals.pool.ServingPod;
import dev.inferscale.signals.profile.Reading;
import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.window.Measured;
import dev.inferscale.signals.window.TargetView;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.Predicate;
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
  private final Front front;
  private final List<TargetView> starting;
  private final @Nullable Gap gap;
  private final Replicas replicas;
  private final List<ServingPod> pods;
  private final Map<String, String> labels;

  /// @param folded what was seen at the fold of the targets that count
  /// @param starting those that do not count yet
  /// @param front what waits where no pod has it yet
  Pool(
      PoolTargets config, Sight folded, LastFull lastFull, List<TargetView> starting, Front front) {
    this.front = front;
    this.config = config.pool();
    this.starting = List.copyOf(starting);
    this.gap = config.gap();
    this.replicas = config.replicas();
    this.pods = config.pods();
    this.folded = folded;
    Instant told = front.validUntil();
    Instant fresh = folded.freshUntil();
    this.freshUntil = fresh.isBefore(told) ? fresh : told;
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

  /// What each target is doing, for people; staleness is judged here, against `now`.
  public List<TargetState> targets(Instant now) {
    return states(now).toList();
  }

  /// Whether any of its targets is in that state.
  public boolean hasTarget(TargetState.State state, Instant now) {
    return states(now).anyMatch(target -> target.state() == state);
  }

  private Stream<TargetState> states(Instant now) {
    Duration staleAfter = config.missing().staleAfter();
    return Stream.concat(
        folded.views().stream().map(view -> Silence.state(view, staleAfter, now)),
        starting.stream().map(Silence::starting));
  }

  /// What people should know of it although it is served, one sentence each.
  public List<String> warnings(Instant now) {
    List<String> warnings = new ArrayList<>(config.warnings());
    if (config.capacity().minReplicas() == 0 && config.front() == null && !front.isTold(now)) {
      warnings.add(
          "front: is not named, and nobody has told of demand by POST /api/v1/demand: at zero"
              + " replicas nothing shows that requests wait");
    }
    return List.copyOf(warnings);
  }

  /// What those in front of it say whose pages are asked, for people: their state is as a target's,
  /// and of one that is `up` the detail says how many requests wait there.
  public List<TargetState> front(Instant now) {
    return front.pages().stream().map(page -> page.state(now)).toList();
  }

  /// How many requests are known to wait in front of it, where no pod has them yet; 0 also where
  /// nobody tells.
  public double waitingInFront(Instant now) {
    return front.requests(now);
  }

  /// True once each target that counts has been asked, whatever came of it, and where it has none,
  /// once it is known that there is none.
  public boolean hasFirstAnswers() {
    boolean soon = gap != null && gap.kind() == Gap.Kind.NOT_YET;
    return !soon && folded.views().stream().allMatch(TargetView::asked) && front.isAsked();
  }

  /// Answers one question; staleness is judged here, against `now`.
  ///
  /// @param quantile 0 < q < 1 for signals that have quantiles; empty for the default
  public Answer answer(Signal signal, OptionalDouble quantile, Instant now) {
    Sight sight = sight(now);
    Answer refusal = Folding.refusal(sight, signal, quantile);
    if (refusal != null) {
      return refusal;
    }
    Answer pods = Folding.answer(sight, signal, quantile, lastFull, replicas);
    Answer known = pods instanceof Answer.Missing missing ? unfolded(sight, signal, missing) : pods;
    Answer answer = front.with(sight, signal, known, isEmpty());
    return answer instanceof Answer.Missing missing ? held(missing, signal, quantile, now) : answer;
  }

  /// Answers one question about some of its pods, each for itself, by name. A pool that lists its
  /// endpoints has no pods.
  ///
  /// @param quantile as for [#answer]
  public List<PodAnswer> podAnswers(
      Predicate<ServingPod> which, Signal signal, OptionalDouble quantile, Instant now) {
    return SinglePods.answers(config, pods, folded.views(), which, signal, quantile, now);
  }

  /// What each target that counts contributes to a signal, each for itself; for people.
  ///
  /// @param quantile as for [#answer]
  /// @param most so many targets at most, the first ones
  public List<Contribution> contributions(
      Signal signal, OptionalDouble quantile, Instant now, int most) {
    return SinglePods.contributions(
        sight(now), pods, folded.views().stream().limit(most).toList(), signal, quantile);
  }

  /// Whether any of its pods is known.
  public boolean hasPods() {
    return !pods.isEmpty();
  }

  /// What the autoscaler scales, null where the pool does not say.
  public @Nullable ScaledObject scaledObject() {
    return config.scaleTarget() == null
        ? null
        : ScaledObject.of(config.scaleTarget(), replicas.resource());
  }

  /// Whether no replica can know of work: none is wanted, or it is known that none serves. A plane
  /// that has not listed the pods yet does not know.
  private boolean isEmpty() {
    if (replicas.wanted() instanceof Replicas.Count.Known wanted && wanted.number() == 0) {
      return true;
    }
    if (folded.total() > 0) {
      return false;
    }
    boolean pending =
        replicas.starting() instanceof Replicas.Count.Known known && known.number() > 0;
    return gap == null || gap.kind() == Gap.Kind.NONE || pending;
  }

  /// What is known of a signal without a pod to ask.
  private Answer unfolded(Sight sight, Signal signal, Answer.Missing missing) {
    boolean demandIsElsewhere =
        Front.counts(signal) && (config.front() != null || front.isTold(sight.now()));
    if (missing.why() == Absence.NO_TARGETS && !demandIsElsewhere && isAsleep(sight)) {
      Answer resting = Folding.atRest(sight, signal, replicas);
      return resting == null ? missing : resting;
    }
    return explained(sight, missing);
  }

  /// Whether it is known that no replica is wanted and none is left, so that a KEDA that asks on at
  /// zero gets numbers: after an error it gives the connection up, and its push streams with it.
  private boolean isAsleep(Sight sight) {
    return folded.total() == 0
        && starting.isEmpty()
        && (gap == null || gap.kind() == Gap.Kind.NONE)
        && Folding.answer(sight, Signal.REPLICAS, OptionalDouble.empty(), lastFull, replicas)
            instanceof Answer.Value wanted
        && wanted.number() == 0;
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
    return sight.missing(absence(gap), gap.sentence());
  }

  static Absence absence(Gap gap) {
    return switch (gap.kind()) {
      case CONFIG -> Absence.CONFIG;
      case NOT_YET -> Absence.NOT_YET;
      case NONE -> Absence.NO_TARGETS;
    };
  }

  private Sight sight(Instant now) {
    return now.isAfter(freshUntil) ? Sight.of(config, folded.views(), now) : folded.at(now);
  }

  /// The last instant at which time alone changes nothing.
  Instant freshUntil() {
    return freshUntil;
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
    Answer then = Folding.answer(whole, signal, quantile, lastFull, replicas);
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

  /// What can be said about one of its pods.
  public record PodAnswer(ServingPod pod, Answer answer) {}

  /// One target's part of a signal.
  ///
  /// @param target its name
  /// @param pod that it is on, empty where it is on none
  /// @param from the engine's series, in the spelling of its page
  /// @param inputs what it last said and what its window makes of that, by name; all finite
  /// @param answer what it would be if the target were alone
  public record Contribution(
      String target,
      String pod,
      List<String> from,
      SequencedMap<String, Double> inputs,
      Answer answer) {}

  /// What one target is doing, for people.
  ///
  /// @param detail one sentence, empty when up
  public record TargetState(String name, State state, String detail) {
    public enum State {
      UP,
      /// Not asked yet, or its server is not there yet.
      STARTING,
      UNREACHABLE,
      /// It answers, and not with a page that could be read.
      REFUSED,
      /// Its last reading is too old.
      STALE;

      /// As documents write it.
      public String word() {
        return name().toLowerCase(Locale.ROOT);
      }
    }
  }
}
