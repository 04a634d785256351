package dev.inferscale.app.act;

import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.signals.pool.ModelPoolStatus;
import dev.inferscale.signals.pool.ModelPoolStatus.Condition;
import dev.inferscale.signals.pool.ModelPoolStatus.Condition.Truth;
import dev.inferscale.signals.pool.ModelPoolStatus.Replicas;
import dev.inferscale.signals.pool.ModelPoolStatus.Targets;
import dev.inferscale.signals.pool.ModelPoolStatus.Value;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.Size;

final class StatusPaceProperties {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private static final Duration MINUTE = Duration.ofMinutes(1);

  /// What a pool looks like for some seconds.
  ///
  /// @param works whether a write succeeds then
  record Phase(
      int seconds,
      long generation,
      boolean ready,
      String message,
      int up,
      double value,
      boolean works) {
    ModelPoolStatus at(Instant now) {
      return new ModelPoolStatus(
          generation,
          List.of(
              new Condition(
                  Condition.Type.READY, ready ? Truth.TRUE : Truth.FALSE, "Because", message, now)),
          new Targets(up, 3),
          "vllm",
          "vllm",
          new Replicas(3, up, 3 - up),
          List.of(new Value("inference_tokens_in_flight", value, "exact", now)));
    }
  }

  @Property(tries = 300)
  void noMinuteSeesMoreWritesThanAllowedAndNoTwoOfThemOtherValuesOfTheSameState(
      @ForAll("phases") @Size(min = 1, max = 30) List<Phase> phases) {
    Run run = new Run();
    phases.forEach(run::through);

    for (Instant tried : run.tried) {
      assertThat(run.tried)
          .filteredOn(at -> !at.isBefore(tried) && at.isBefore(tried.plus(MINUTE)))
          .hasSizeLessThanOrEqualTo(StatusPace.MOST_PER_MINUTE);
    }
    for (int i = 1; i < run.valuesWritten.size(); i++) {
      ModelPoolStatus before = run.valuesWritten.get(i - 1);
      ModelPoolStatus now = run.valuesWritten.get(i);
      if (isBusy(before) == isBusy(now)) {
        assertThat(Duration.between(at(before), at(now))).isGreaterThanOrEqualTo(MINUTE);
      }
    }
  }

  private static boolean isBusy(ModelPoolStatus status) {
    return status.values().getFirst().value() > 0;
  }

  private static Instant at(ModelPoolStatus status) {
    return status.values().getFirst().at();
  }

  @Property(tries = 300)
  void whatLastsIsWrittenAndThenNothingMore(
      @ForAll("phases") @Size(min = 1, max = 20) List<Phase> phases) {
    Run run = new Run();
    phases.forEach(run::through);
    Phase last = phases.getLast();
    Phase lasting =
        new Phase(
            181, last.generation(), last.ready(), last.message(), last.up(), last.value(), true);

    run.through(lasting);
    int writes = run.tried.size();
    ModelPoolStatus stands = Objects.requireNonNull(run.pace.status());
    run.through(lasting);

    assertThat(withoutTimes(stands)).isEqualTo(withoutTimes(lasting.at(START)));
    assertThat(run.tried).hasSize(writes);
  }

  @Property(tries = 300)
  void aTransitionIsDatedWhenTheTruthChangedAndKeptOtherwise(
      @ForAll("phases") @Size(min = 1, max = 20) List<Phase> phases) {
    Run run = new Run();
    phases.forEach(run::through);

    for (int i = 1; i < run.written.size(); i++) {
      Condition before = run.written.get(i - 1).conditions().getFirst();
      Condition now = run.written.get(i).conditions().getFirst();
      assertThat(now.lastTransitionTime().equals(before.lastTransitionTime()))
          .isEqualTo(now.status() == before.status());
    }
  }

  /// A pool's time, second by second.
  private static final class Run {
    private StatusPace pace = StatusPace.of(null);
    private Instant now = START;
    private final List<Instant> tried = new ArrayList<>();
    private final List<ModelPoolStatus> valuesWritten = new ArrayList<>();
    private final List<ModelPoolStatus> written = new ArrayList<>();

    void through(Phase phase) {
      for (int second = 0; second < phase.seconds(); second++) {
        Optional<ModelPoolStatus> next = pace.next(phase.at(now), now);
        next.ifPresent(status -> take(status, phase.works()));
        now = now.plusSeconds(1);
      }
    }

    private void take(ModelPoolStatus status, boolean works) {
      tried.add(now);
      if (!works) {
        pace = pace.tried(now);
        return;
      }
      ModelPoolStatus before = pace.status();
      if (before == null || !before.values().equals(status.values())) {
        valuesWritten.add(status);
      }
      written.add(status);
      pace = pace.written(status, now);
    }
  }

  private static ModelPoolStatus withoutTimes(ModelPoolStatus status) {
    return new ModelPoolStatus(
        status.observedGeneration(),
        status.conditions().stream()
            .map(each ->
                new Condition(each.type(), each.status(), each.reason(), each.message(), START))
            .toList(),
        status.targets(),
        status.engine(),
        status.profile(),
        status.replicas(),
        status.values().stream()
            .map(each -> new Value(each.signal(), each.value(), each.quality(), START))
            .toList());
  }

  @Provide
  Arbitrary<List<Phase>> phases() {
    return Combinators.combine(
            Arbitraries.integers().between(1, 40),
            Arbitraries.longs().between(1, 2),
            Arbitraries.of(true, false),
            Arbitraries.of("all is well", "nobody answers"),
            Arbitraries.integers().between(0, 3),
            Arbitraries.of(0.0, 120.0, 12_300.0),
            Arbitraries.frequencyOf(
                net.jqwik.api.Tuple.of(4, Arbitraries.just(true)),
                net.jqwik.api.Tuple.of(1, Arbitraries.just(false))))
        .as(Phase::new)
        .list();
  }
}
