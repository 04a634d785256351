package dev.inferscale.signals.snapshot;

import static dev.inferscale.signals.ManualTime.second;
import static dev.inferscale.signals.Readings.reading;
import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.signals.Pools;
import dev.inferscale.signals.Readings;
import dev.inferscale.signals.pool.PoolTargets;
import dev.inferscale.signals.profile.Reading.Counter;
import dev.inferscale.signals.profile.Reading.Distribution;
import dev.inferscale.signals.profile.Reading.Gauge;
import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.window.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/// Numbers that no engine tells: nothing but a finite number may come of them, or a reason.
class ExtremeReadingsProperties {
  private static final PoolTargets LISTED =
      Pools.targets(
          Pools.pool("chat", "capacity: {usdPerReplicaHour: 3.9}", "missing: {answer: hold}"), 3);
  private static final double[] EXTREMES = {
    0, 1, 1e-300, Double.MIN_VALUE, 1e9, 1e38, 1e300, Double.MAX_VALUE / 2, Double.MAX_VALUE
  };

  @Property(tries = 500)
  void noAnswerIsEverAnInfiniteNumber(@ForAll long seed) {
    Random random = new Random(seed);
    Windows windows = new Windows();
    for (int t = 1; t <= 6; t++) {
      Pool pool = fold(windows, t, outcomes(random, t));
      for (Signal signal : Signal.values()) {
        assertAnswer(pool.answer(signal, OptionalDouble.empty(), second(t)), signal);
        assertAnswer(pool.answer(signal, OptionalDouble.of(0.99), second(t + 8)), signal);
      }
    }
  }

  @Example
  void aSumBeyondAllNumbersIsRefusedInASentence() {
    Answer answer = ofAll(Signal.GPU_MEMORY_USED_BYTES, gpu(Double.MAX_VALUE, Double.MAX_VALUE));

    assertThat(answer).isInstanceOf(Answer.Missing.class);
    Answer.Missing missing = (Answer.Missing) answer;
    assertThat(missing.why()).isEqualTo(Absence.REFUSED);
    assertThat(missing.explanation()).contains("no finite number").contains("engine:");
  }

  @Example
  void aShareOfAnInfiniteWholeIsNotZero() {
    assertThat(ofAll(Signal.GPU_MEMORY_UTILIZATION, gpu(1e9, Double.MAX_VALUE)))
        .isInstanceOf(Answer.Missing.class);
  }

  private static Readings gpu(double used, double total) {
    return reading()
        .with(Gauge.GPU_MEMORY_USED_BYTES, used)
        .with(Gauge.GPU_MEMORY_TOTAL_BYTES, total);
  }

  private static Answer ofAll(Signal signal, Readings reading) {
    List<Outcome> outcomes = new ArrayList<>();
    LISTED.targets().forEach(target -> outcomes.add(reading.read(target, second(1))));
    return fold(new Windows(), 1, outcomes).answer(signal, OptionalDouble.empty(), second(1));
  }

  private static void assertAnswer(Answer answer, Signal signal) {
    switch (answer) {
      case Answer.Value value ->
          assertThat(value.number()).as(signal.wireName()).isFinite().isNotNegative();
      case Answer.Missing missing ->
          assertThat(missing.explanation()).isNotBlank().hasSizeLessThan(200);
    }
  }

  private static Pool fold(Windows windows, double t, List<Outcome> outcomes) {
    Snapshot snapshot = windows.fold(outcomes, List.of(LISTED), second(t));
    return Objects.requireNonNull(snapshot.pools().get(LISTED.pool().id()));
  }

  /// Sometimes a target is silent, so that partial and held answers occur.
  private static List<Outcome> outcomes(Random random, int t) {
    List<Outcome> outcomes = new ArrayList<>();
    for (var target : LISTED.targets()) {
      if (random.nextInt(5) > 0) {
        outcomes.add(extreme(random).read(target, second(t)));
      }
    }
    return outcomes;
  }

  private static Readings extreme(Random random) {
    Readings reading = reading();
    for (Gauge gauge : Gauge.values()) {
      reading.with(gauge, any(random));
    }
    for (Counter counter : Counter.values()) {
      reading.with(counter, any(random));
    }
    for (Distribution distribution : Distribution.values()) {
      boolean buckets = random.nextInt(4) > 0;
      double low = any(random);
      double[] bounds = buckets ? new double[] {0.1, 1} : new double[0];
      double[] cumulative =
          buckets ? new double[] {low, low * 1.5, Double.MAX_VALUE} : new double[] {low};
      reading.with(distribution, bounds, any(random), cumulative);
    }
    return reading;
  }

  private static double any(Random random) {
    return EXTREMES[random.nextInt(EXTREMES.length)];
  }
}
