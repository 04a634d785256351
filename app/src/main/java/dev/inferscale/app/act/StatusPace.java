package dev.inferscale.app.act;

import dev.inferscale.signals.pool.ModelPoolStatus;
import dev.inferscale.signals.pool.ModelPoolStatus.Condition;
import dev.inferscale.signals.pool.ModelPoolStatus.Value;
import dev.inferscale.signals.profile.Signal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// How often a status may be written: whether a pool works is told at once, how many targets and
/// replicas it has soon, its values and mere changes of a sentence once a minute (the first work
/// after idleness, and the first idleness after work, at once), and what has not changed never.
/// Pure.
///
/// @param status as it was last written, null where it never was
/// @param writes when writing was tried within the last minute
/// @param valuesAt when its values were last written
record StatusPace(@Nullable ModelPoolStatus status, List<Instant> writes, Instant valuesAt) {
  /// Writes of one pool within any minute, whatever happens.
  static final int MOST_PER_MINUTE = 6;

  private static final Duration MINUTE = Duration.ofMinutes(1);

  /// Pods come and go one by one while a pool is scaled.
  private static final Duration BETWEEN_COUNTS = Duration.ofSeconds(10);

  StatusPace {
    writes = List.copyOf(writes);
  }

  /// About a resource that nothing was written about here yet.
  ///
  /// @param status that stands in it, null for none
  static StatusPace of(@Nullable ModelPoolStatus status) {
    Instant valuesAt =
        status == null
            ? Instant.MIN
            : status.values().stream().map(Value::at).max(Instant::compareTo).orElse(Instant.MIN);
    return new StatusPace(status, List.of(), valuesAt);
  }

  /// What to write now; empty for nothing.
  ///
  /// @param wanted what should stand there now
  Optional<ModelPoolStatus> next(ModelPoolStatus wanted, Instant now) {
    if (within(MINUTE, now).size() >= MOST_PER_MINUTE) {
      return Optional.empty();
    }
    if (status == null) {
      return Optional.of(wanted);
    }
    boolean valuesChanged = !sameValues(status.values(), wanted.values());
    boolean valuesDue =
        valuesChanged && (isOver(valuesAt, MINUTE, now) || isBusy(status) != isBusy(wanted));
    boolean due =
        valuesDue
            || !sameState(status, wanted)
            || (!sameCounts(status, wanted) && within(BETWEEN_COUNTS, now).isEmpty())
            || (!sameWords(status, wanted) && within(MINUTE, now).isEmpty());
    return due ? Optional.of(merged(status, wanted, valuesDue)) : Optional.empty();
  }

  /// After this has been written.
  StatusPace written(ModelPoolStatus next, Instant now) {
    boolean same = status != null && status.values().equals(next.values());
    return new StatusPace(next, tried(now).writes(), same ? valuesAt : now);
  }

  /// After something could not be written.
  StatusPace tried(Instant now) {
    List<Instant> recent = new ArrayList<>(within(MINUTE, now));
    recent.add(now);
    return new StatusPace(status, recent, valuesAt);
  }

  /// The same writes about another status, which somebody else has written.
  StatusPace about(@Nullable ModelPoolStatus other) {
    return new StatusPace(other, writes, valuesAt);
  }

  private List<Instant> within(Duration span, Instant now) {
    return writes.stream().filter(write -> !isOver(write, span, now)).toList();
  }

  private static boolean isOver(Instant then, Duration span, Instant now) {
    return !now.minus(span).isBefore(then);
  }

  private static boolean sameState(ModelPoolStatus a, ModelPoolStatus b) {
    return a.observedGeneration() == b.observedGeneration()
        && Objects.equals(a.engine(), b.engine())
        && Objects.equals(a.profile(), b.profile())
        && sameConditions(a, b);
  }

  private static boolean sameConditions(ModelPoolStatus a, ModelPoolStatus b) {
    return a.conditions().size() == b.conditions().size()
        && b.conditions().stream()
            .allMatch(each ->
                find(a, each.type())
                    .filter(was -> was.status() == each.status())
                    .filter(was -> was.reason().equals(each.reason()))
                    .isPresent());
  }

  private static boolean sameCounts(ModelPoolStatus a, ModelPoolStatus b) {
    return a.targets().equals(b.targets()) && Objects.equals(a.replicas(), b.replicas());
  }

  /// Sentences tell ages and counts; these alone are no news.
  private static boolean sameWords(ModelPoolStatus a, ModelPoolStatus b) {
    return b.conditions().stream()
        .allMatch(each ->
            find(a, each.type())
                .filter(was -> words(was.message()).equals(words(each.message())))
                .isPresent());
  }

  private static String words(String message) {
    return message.replaceAll("[0-9.]+", "0");
  }

  /// Whether there is work, as far as the values tell.
  private static boolean isBusy(ModelPoolStatus status) {
    String work = Signal.TOKENS_IN_FLIGHT.wireName();
    return status.values().stream().anyMatch(v -> v.signal().equals(work) && v.value() > 0);
  }

  private static boolean sameValues(List<Value> a, List<Value> b) {
    return a.stream()
        .map(StatusPace::timeless)
        .toList()
        .equals(b.stream().map(StatusPace::timeless).toList());
  }

  private static Value timeless(Value value) {
    return new Value(value.signal(), value.value(), value.quality(), Instant.EPOCH);
  }

  static Optional<Condition> readiness(ModelPoolStatus status) {
    return find(status, Condition.Type.READY);
  }

  static Optional<Condition> find(ModelPoolStatus status, Condition.Type type) {
    return status.conditions().stream().filter(each -> each.type() == type).findFirst();
  }

  private static ModelPoolStatus merged(
      ModelPoolStatus before, ModelPoolStatus wanted, boolean withValues) {
    return new ModelPoolStatus(
        wanted.observedGeneration(),
        wanted.conditions().stream().map(each -> since(before, each)).toList(),
        wanted.targets(),
        wanted.engine(),
        wanted.profile(),
        wanted.replicas(),
        withValues ? wanted.values() : before.values());
  }

  private static Condition since(ModelPoolStatus before, Condition condition) {
    Instant since =
        find(before, condition.type())
            .filter(was -> was.status() == condition.status())
            .map(Condition::lastTransitionTime)
            .orElse(condition.lastTransitionTime());
    return new Condition(
        condition.type(), condition.status(), condition.reason(), condition.message(), since);
  }
}
