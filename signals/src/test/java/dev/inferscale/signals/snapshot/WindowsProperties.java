package dev.inferscale.signals.snapshot;

import static dev.inferscale.signals.ManualTime.second;
import static dev.inferscale.signals.Readings.reading;
import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.signals.Pools;
import dev.inferscale.signals.pool.PoolTargets;
import dev.inferscale.signals.profile.Reading.Distribution;
import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.window.FetchFault;
import dev.inferscale.signals.window.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class WindowsProperties {
  private static final PoolTargets LISTED = Pools.targets(Pools.pool("chat"), 4);

  @Property(tries = 200)
  void aFoldDoesNotDependOnTheOrderOfArrival(@ForAll long seed) {
    Random random = new Random(seed);
    Windows inOrder = new Windows();
    Windows shuffled = new Windows();
    for (int t = 1; t <= 20; t++) {
      List<Outcome> outcomes = outcomes(random, t);
      List<Outcome> otherwise = new ArrayList<>(outcomes);
      Collections.shuffle(otherwise, random);

      assertThat(answers(shuffled.fold(otherwise, List.of(LISTED), second(t)), t))
          .isEqualTo(answers(inOrder.fold(outcomes, List.of(LISTED), second(t)), t));
    }
  }

  @Property(tries = 200)
  void everyAnswerIsFiniteOrSaysWhyInOneShortLine(
      @ForAll long seed, @ForAll @IntRange(min = 0, max = 20) int late) {
    Random random = new Random(seed);
    Windows windows = new Windows();
    for (int t = 1; t <= 20; t++) {
      Snapshot snapshot = windows.fold(outcomes(random, t), List.of(LISTED), second(t));
      for (Answer answer : answers(snapshot, t + late)) {
        switch (answer) {
          case Answer.Value value -> {
            assertThat(value.number()).isFinite().isNotNegative();
            assertThat(value.note()).hasSizeLessThan(200).doesNotContain("\n");
            assertThat(value.age()).isBetween(Duration.ZERO, Duration.ofSeconds(10));
          }
          case Answer.Missing missing ->
              assertThat(missing.explanation())
                  .isNotBlank()
                  .hasSizeLessThan(200)
                  .doesNotContain("\n");
        }
      }
    }
  }

  private static List<Answer> answers(Snapshot snapshot, double at) {
    Pool pool = Objects.requireNonNull(snapshot.pools().get(LISTED.pool().id()));
    return Arrays.stream(Signal.values())
        .map(signal -> pool.answer(signal, OptionalDouble.empty(), second(at)))
        .toList();
  }

  private static List<Outcome> outcomes(Random random, double t) {
    List<Outcome> outcomes = new ArrayList<>();
    for (var target : LISTED.targets()) {
      double at = t - random.nextDouble();
      outcomes.add(
          random.nextInt(4) == 0
              ? new Outcome.Failed(target, FetchFault.TIMED_OUT, "no\nanswer", second(at))
              : reading()
                  .waiting(random.nextInt(5))
                  .running(random.nextInt(5))
                  .generated(random.nextInt(1000))
                  .with(
                      Distribution.LATENCY,
                      new double[] {1, 2 + random.nextInt(2)},
                      random.nextInt(9),
                      random.nextInt(5),
                      5,
                      5 + random.nextInt(5))
                  .read(target, second(at)));
    }
    return outcomes;
  }
}
