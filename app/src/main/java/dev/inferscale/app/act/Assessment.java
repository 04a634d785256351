package dev.inferscale.app.act;

import dev.inferscale.signals.discover.ResourceWatch.Resource;
import dev.inferscale.signals.pool.ModelPoolStatus;
import dev.inferscale.signals.pool.ModelPoolStatus.Condition;
import dev.inferscale.signals.pool.ModelPoolStatus.Condition.Truth;
import dev.inferscale.signals.pool.ModelPoolStatus.Replicas;
import dev.inferscale.signals.pool.ModelPoolStatus.Targets;
import dev.inferscale.signals.pool.ModelPoolStatus.Value;
import dev.inferscale.signals.pool.PoolFault;
import dev.inferscale.signals.pool.RejectedPool;
import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.snapshot.Absence;
import dev.inferscale.signals.snapshot.Answer;
import dev.inferscale.signals.snapshot.Pool;
import dev.inferscale.signals.snapshot.Pool.TargetState;
import dev.inferscale.signals.snapshot.Pool.TargetState.State;
import dev.inferscale.signals.snapshot.Quality;
import dev.inferscale.signals.snapshot.Snapshot;
import java.math.BigDecimal;
import java.math.MathContext;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// What the status of a ModelPool should say now. Pure.
final class Assessment {
  static final String BAD_SPEC = "BadSpec";
  static final String NOT_YET = reason(Absence.NOT_YET);

  /// A refusal of a text that reads well (a host that is not allowed, a name that a file has taken)
  /// counts only after the snapshot has had time to take this text in: before that it may be about
  /// the one before.
  private static final Duration TAKEN_IN = Duration.ofSeconds(3);

  /// Stands between what a condition says and what people should know besides; `doctor` looks for
  /// it.
  private static final String WARNING = "; warning: ";

  private static final int LONGEST_MESSAGE = 4096;
  private static final int LONGEST_WARNINGS = 2048;

  /// Whether a pool works is asked of the first of these that its engine exports.
  private static final List<Signal> PROBES =
      List.of(
          Signal.REQUESTS_IN_FLIGHT,
          Signal.REQUESTS_RUNNING,
          Signal.REQUESTS_WAITING,
          Signal.TOKENS_IN_FLIGHT,
          Signal.KV_CACHE_UTILIZATION);

  /// The signals whose values people see.
  private static final List<Signal> SHOWN =
      List.of(
          Signal.TOKENS_IN_FLIGHT,
          Signal.REQUESTS_RUNNING,
          Signal.REQUESTS_WAITING,
          Signal.QUEUE_WAIT,
          Signal.TIME_TO_FIRST_TOKEN,
          Signal.GENERATION_TOKENS_PER_SECOND,
          Signal.KV_CACHE_UTILIZATION,
          Signal.REPLICAS_REQUIRED);

  private final Resource resource;
  private final @Nullable Pool pool;
  private final List<String> faults;
  private final List<String> warnings;
  private final Instant now;

  private Assessment(
      Resource resource,
      @Nullable Pool pool,
      List<String> faults,
      List<String> warnings,
      Instant now) {
    this.resource = resource;
    this.pool = pool;
    this.faults = faults;
    this.warnings = warnings;
    this.now = now;
  }

  /// Empty while the snapshot is not about the resource as it stands.
  ///
  /// @param warnings about what scales the pool, one sentence each
  /// @return conditions whose transitions are all `now`
  static Optional<ModelPoolStatus> of(
      Resource resource, Snapshot snapshot, List<String> warnings, Instant now) {
    Pool pool = snapshot.pools().get(resource.id());
    List<String> faults = faults(resource, snapshot, now);
    boolean measured =
        pool != null && resource.read().pools().stream().anyMatch(pool.config()::equals);
    return faults.isEmpty() && !measured
        ? Optional.empty()
        : Optional.of(new Assessment(resource, pool, faults, warnings, now).status());
  }

  /// The reader's sentences about the resource as it stands.
  private static List<String> faults(Resource resource, Snapshot snapshot, Instant now) {
    List<PoolFault> own = resource.read().faults();
    if (!own.isEmpty()) {
      return own.stream()
          .map(fault ->
              fault.path().isEmpty() ? fault.problem() : fault.path() + ": " + fault.problem())
          .toList();
    }
    if (Duration.between(resource.since(), now).compareTo(TAKEN_IN) < 0) {
      return List.of();
    }
    String origin = "ModelPool " + resource.id();
    return snapshot.rejected().stream()
        .filter(rejected -> rejected.origin().equals(origin))
        .map(RejectedPool::problems)
        .flatMap(List::stream)
        .toList();
  }

  private ModelPoolStatus status() {
    if (pool == null) {
      return new ModelPoolStatus(
          resource.generation(),
          List.of(
              condition(Condition.Type.READY, false, BAD_SPEC, sentences()),
              condition(Condition.Type.DEGRADED, false, "NotServed", "")),
          new Targets(0, 0),
          null,
          null,
          null,
          List.of());
    }
    Answer probe = probe(pool);
    String engine = pool.engine().isEmpty() ? null : pool.engine();
    return new ModelPoolStatus(
        resource.generation(),
        List.of(ready(pool, probe), degraded(probe)),
        targets(pool),
        engine,
        engine,
        replicas(pool),
        values(pool));
  }

  private Answer probe(Pool of) {
    for (Signal signal : PROBES) {
      Answer answer = answer(of, signal);
      boolean absent = answer instanceof Answer.Missing missing && missing.why() == Absence.ABSENT;
      if (!absent) {
        return answer;
      }
    }
    return answer(of, PROBES.getFirst());
  }

  private Answer answer(Pool of, Signal signal) {
    return of.answer(signal, OptionalDouble.empty(), now);
  }

  private Condition ready(Pool of, Answer probe) {
    return switch (probe) {
      case Answer.Missing missing ->
          condition(
              Condition.Type.READY, false, reason(missing.why()), missing.explanation() + said(of));
      case Answer.Value value when isHeld(value) ->
          condition(Condition.Type.READY, false, silence(of), value.note());
      case Answer.Value value when value.quality() == Quality.PARTIAL ->
          condition(Condition.Type.READY, false, reason(Absence.PARTIAL), value.note());
      case Answer.Value value when rests(value) ->
          condition(
              Condition.Type.READY, false, reason(Absence.NO_TARGETS), value.note() + said(of));
      case Answer.Value value ->
          condition(Condition.Type.READY, true, "Serving", serving(value) + said(of));
    };
  }

  /// Whether the value is of no pod, and of nobody in front.
  private static boolean rests(Answer.Value value) {
    return value.targetsTotal() == 0 && value.quality() == Quality.IDLE;
  }

  private static String serving(Answer.Value value) {
    return value.targetsTotal() == 0
        ? "no pod serves; those in front of it answer"
        : value.targetsCovered() + " of " + value.targetsTotal() + " targets answer";
  }

  /// What people should know of the pool and its scalers besides.
  private String said(Pool of) {
    List<String> all = Stream.concat(of.warnings(now).stream(), warnings.stream()).toList();
    return all.isEmpty() ? "" : WARNING + cut(String.join("; ", all), LONGEST_WARNINGS);
  }

  private Condition degraded(Answer probe) {
    if (!faults.isEmpty()) {
      return condition(Condition.Type.DEGRADED, true, BAD_SPEC, sentences());
    }
    return switch (probe) {
      case Answer.Missing _ -> condition(Condition.Type.DEGRADED, false, "NotServed", "");
      case Answer.Value value when isHeld(value) ->
          condition(Condition.Type.DEGRADED, true, "Held", value.note());
      case Answer.Value value when value.quality() == Quality.PARTIAL ->
          condition(Condition.Type.DEGRADED, true, reason(Absence.PARTIAL), value.note());
      case Answer.Value value when value.quality() == Quality.ESTIMATED ->
          condition(
              Condition.Type.DEGRADED,
              true,
              "Estimated",
              value.note().isEmpty() ? "the engine does not count its requests" : value.note());
      case Answer.Value _ -> condition(Condition.Type.DEGRADED, false, "AsExpected", "");
    };
  }

  private Condition condition(Condition.Type type, boolean holds, String reason, String message) {
    return new Condition(type, holds ? Truth.TRUE : Truth.FALSE, reason, message, now);
  }

  private String sentences() {
    return cut(String.join("; ", faults), LONGEST_MESSAGE);
  }

  private static String cut(String text, int longest) {
    return text.length() <= longest ? text : text.substring(0, longest - 3) + "...";
  }

  /// A held answer says so first.
  private static boolean isHeld(Answer.Value value) {
    return value.note().startsWith("held for ");
  }

  /// Why data is lost that a held answer bridges: what the first target does that is not up.
  private String silence(Pool of) {
    return of.targets(now).stream()
        .map(TargetState::state)
        .filter(state -> state == State.UNREACHABLE || state == State.REFUSED)
        .findFirst()
        .map(state -> state == State.REFUSED ? Absence.REFUSED : Absence.UNREACHABLE)
        .map(Assessment::reason)
        .orElse(reason(Absence.STALE));
  }

  /// `NO_TARGETS` becomes `NoTargets`.
  private static String reason(Absence absence) {
    return Arrays.stream(absence.word().split("_", -1))
        .map(word -> Character.toUpperCase(word.charAt(0)) + word.substring(1))
        .collect(Collectors.joining());
  }

  private Targets targets(Pool of) {
    List<State> counting =
        of.targets(now).stream()
            .map(TargetState::state)
            .filter(state -> state != State.STARTING)
            .toList();
    int up = (int) counting.stream().filter(state -> state == State.UP).count();
    return new Targets(up, counting.size());
  }

  private @Nullable Replicas replicas(Pool of) {
    return answer(of, Signal.REPLICAS) instanceof Answer.Value current
            && answer(of, Signal.REPLICAS_READY) instanceof Answer.Value ready
            && answer(of, Signal.REPLICAS_STARTING) instanceof Answer.Value starting
        ? new Replicas((int) current.number(), (int) ready.number(), (int) starting.number())
        : null;
  }

  private List<Value> values(Pool of) {
    List<Value> values = new ArrayList<>();
    for (Signal signal : SHOWN) {
      if (answer(of, signal) instanceof Answer.Value value) {
        values.add(
            new Value(
                signal.wireName(),
                rounded(value.number()),
                value.quality().word(),
                now.minus(value.age())));
      }
    }
    return values;
  }

  /// Three significant digits, so that noise is no change.
  static double rounded(double number) {
    return new BigDecimal(number).round(new MathContext(3)).doubleValue();
  }
}
