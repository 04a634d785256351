package dev.inferscale.signals.snapshot;

import static dev.inferscale.signals.ManualTime.second;
import static dev.inferscale.signals.Readings.idle;
import static dev.inferscale.signals.Readings.reading;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.inferscale.signals.Readings;
import dev.inferscale.signals.profile.Reading.Counter;
import dev.inferscale.signals.profile.Reading.Distribution;
import dev.inferscale.signals.profile.Reading.Gauge;
import dev.inferscale.signals.profile.Reading.Grade;
import dev.inferscale.signals.profile.Signal;
import java.time.Duration;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

/// What the readings of targets make of a pool's signals.
final class WindowsTest extends OnePool {

  @Test
  void countsAreSummedOverTargets() {
    readAll(1, 0, reading().waiting(10).running(25));

    Answer.Value waiting = value(Signal.REQUESTS_WAITING, 2);
    assertThat(waiting.number()).isEqualTo(30);
    assertThat(waiting.quality()).isEqualTo(Quality.EXACT);
    assertThat(waiting.age()).isEqualTo(Duration.ofSeconds(1));
    assertThat(waiting.window()).isNull();
    assertThat(waiting.targetsCovered()).isEqualTo(3);
    assertThat(waiting.targetsTotal()).isEqualTo(3);
    assertThat(waiting.from()).containsExactly("engine:requests_waiting");
    assertThat(value(Signal.REQUESTS_IN_FLIGHT, 2).number()).isEqualTo(105);
  }

  @Test
  void theCacheIsAWeightedMeanAndAlsoASumOfRatios() {
    use(2);
    fold(
        1,
        reading()
            .with(Gauge.KV_CACHE_UTILIZATION, 0.5)
            .with(Gauge.KV_CACHE_CAPACITY_TOKENS, 100)
            .read(listed.targets().get(0), second(1)),
        reading()
            .with(Gauge.KV_CACHE_UTILIZATION, 1)
            .with(Gauge.KV_CACHE_CAPACITY_TOKENS, 300)
            .read(listed.targets().get(1), second(1)));

    assertThat(value(Signal.KV_CACHE_UTILIZATION, 1).number()).isCloseTo(0.875, within(1e-9));
    assertThat(value(Signal.KV_CACHE_PODS_FULL, 1).number()).isEqualTo(1.5);
    assertThat(value(Signal.KV_CACHE_CAPACITY_TOKENS, 1).number()).isEqualTo(400);
  }

  @Test
  void gpuUtilizationIsTheMeanOverAllGpusOfThePool() {
    use(2);
    fold(
        1,
        reading()
            .with(Gauge.GPU_UTILIZATION_SUM, 3)
            .with(Gauge.GPUS, 4)
            .read(listed.targets().get(0), second(1)),
        reading()
            .with(Gauge.GPU_UTILIZATION_SUM, 0)
            .with(Gauge.GPUS, 1)
            .read(listed.targets().get(1), second(1)));

    assertThat(value(Signal.GPU_UTILIZATION, 1).number()).isCloseTo(0.6, within(1e-9));
  }

  @Test
  void aRateNeedsTwoReadings() {
    readAll(1, 0, reading().generated(100));
    assertThat(missing(Signal.GENERATION_TOKENS_PER_SECOND, 1).why()).isEqualTo(Absence.NOT_YET);

    readAll(3, 0, reading().generated(2100));
    Answer.Value rate = value(Signal.GENERATION_TOKENS_PER_SECOND, 3);
    assertThat(rate.number()).isCloseTo(3000, within(1e-6));
    assertThat(rate.window()).isEqualTo(Duration.ofSeconds(2));
  }

  @Test
  void whatTheEngineDoesNotExportIsAbsentWithTheProfilesSentence() {
    readAll(1, 0, reading().absent(Signal.TIMEOUT_RATIO, "this engine counts no timeouts"));

    assertThat(missing(Signal.TIMEOUT_RATIO, 1))
        .isEqualTo(
            new Answer.Missing(Absence.ABSENT, "this engine counts no timeouts", Duration.ZERO));
  }

  @Test
  void idleIsAValue() {
    Readings reading =
        idle()
            .with(Distribution.LATENCY, BOUNDS, 9, 0, 9, 9, 9)
            .with(Counter.REQUESTS_FINISHED, 9)
            .with(Counter.REQUESTS_SUCCEEDED, 9)
            .with(Counter.REQUESTS_FAILED, 0)
            .with(Counter.PROMPT_TOKENS, 9)
            .generated(9);
    use(3, "capacity: {usdPerReplicaHour: 3.6}");
    for (int t = 1; t <= 61; t += 2) {
      readAll(t, 0, reading);
    }

    assertThat(value(Signal.LATENCY, 61).quality()).isEqualTo(Quality.IDLE);
    assertThat(value(Signal.LATENCY, 61).number()).isZero();
    assertThat(value(Signal.QUEUE_WAIT, 61).quality()).isEqualTo(Quality.IDLE);
    assertThat(value(Signal.SUCCESS_RATIO, 61).number()).isEqualTo(1);
    assertThat(value(Signal.ERROR_RATIO, 61).number()).isZero();
    assertThat(missing(Signal.COST_USD_PER_MILLION_TOKENS, 61).why()).isEqualTo(Absence.NOT_YET);
    assertThat(value(Signal.COST_USD_PER_HOUR, 61).number()).isCloseTo(10.8, within(1e-9));
  }

  @Test
  void workInFlightWithoutAnEventIsNotYet() {
    readAll(1, 0, latency(0, 0, 0, 0, 0).waiting(0).running(2));
    readAll(3, 0, latency(0, 0, 0, 0, 0).waiting(0).running(2));

    assertThat(missing(Signal.LATENCY, 3).why()).isEqualTo(Absence.NOT_YET);
  }

  @Test
  void aQuantileInTheFirstBucketSaysTheBoundAndTheMean() {
    readAll(1, 0, latency(0, 0, 0, 0, 0));
    readAll(3, 0, latency(0.12, 10, 10, 10, 10));

    Answer.Value p90 = value(Signal.LATENCY, 3);
    assertThat(p90.number()).isCloseTo(0.27, within(1e-9));
    assertThat(p90.quality()).isEqualTo(Quality.ESTIMATED);
    assertThat(p90.note()).isEqualTo("at most 0.3 s; mean 0.012 s");
  }

  @Test
  void aQuantileIsAskedForByItsShare() {
    readAll(1, 0, latency(0, 0, 0, 0, 0));
    readAll(3, 0, latency(15, 0, 10, 10, 10));

    Answer median = pool.answer(Signal.LATENCY, OptionalDouble.of(0.5), second(3));
    assertThat(((Answer.Value) median).number()).isCloseTo(0.65, within(1e-9));
    Answer none = pool.answer(Signal.REQUESTS_WAITING, OptionalDouble.of(0.5), second(3));
    assertThat(((Answer.Missing) none).why()).isEqualTo(Absence.UNKNOWN_SIGNAL);
    Answer outside = pool.answer(Signal.LATENCY, OptionalDouble.of(1), second(3));
    assertThat(((Answer.Missing) outside).why()).isEqualTo(Absence.UNKNOWN_SIGNAL);
  }

  @Test
  void anEngineWithoutBucketsTellsItsMeanButNoQuantile() {
    double[] none = {};
    readAll(1, 0, reading().with(Distribution.LATENCY, none, 1, 10));
    readAll(3, 0, reading().with(Distribution.LATENCY, none, 1.5, 30));

    Answer.Value mean = value(Signal.LATENCY, 3);
    assertThat(mean.number()).isCloseTo(0.025, within(1e-6));
    assertThat(mean.note()).startsWith("mean");
    Answer p90 = pool.answer(Signal.LATENCY, OptionalDouble.of(0.9), second(3));
    assertThat(((Answer.Missing) p90).why()).isEqualTo(Absence.ABSENT);
  }

  @Test
  void ratiosComeFromSummedIncreases() {
    use(2);
    for (int i = 0; i < 2; i++) {
      fold(1, ended(0, 0).read(listed.targets().get(i), second(1)));
    }
    fold(
        3,
        ended(90, 90).read(listed.targets().get(0), second(3)),
        ended(10, 0).read(listed.targets().get(1), second(3)));

    assertThat(value(Signal.SUCCESS_RATIO, 3).number()).isCloseTo(0.9, within(1e-9));
  }

  private static Readings ended(double finished, double succeeded) {
    return reading()
        .with(Counter.REQUESTS_FINISHED, finished)
        .with(Counter.REQUESTS_SUCCEEDED, succeeded);
  }

  @Test
  void labelsAreLegalSelectorValues() {
    use(1, "role: decode");

    assertThat(pool.labels())
        .containsEntry("pool", "chat")
        .containsEntry("model", "acme_chat-9b")
        .containsEntry("role", "decode");
    assertThat(pool.model()).isEqualTo("acme/chat-9b");
  }

  @Test
  void whatThisVersionCannotTellSaysWhatIsMissing() {
    assertThat(missing(Signal.REPLICAS_REQUIRED, 0).why()).isEqualTo(Absence.CONFIG);
    assertThat(missing(Signal.REPLICAS, 0).explanation()).contains("scaleTargetRef");
    readAll(1, 0, reading());
    assertThat(missing(Signal.COST_USD_PER_HOUR, 1).explanation()).contains("usdPerReplicaHour");
  }

  @Test
  void aPoolAboutWhichNothingIsNewIsShared() {
    readAll(1, 0, reading().waiting(10));
    Pool before = pool;
    assertThat(fold(2)).isSameAs(before);
    assertThat(fold(12)).isNotSameAs(before);
  }

  @Test
  void theWorstGradeOfThoseThatCountIsTheQuality() {
    readAll(1, 0, reading().waiting(2).graded(Signal.REQUESTS_WAITING, Grade.ESTIMATED, ""));

    assertThat(value(Signal.REQUESTS_WAITING, 1).quality()).isEqualTo(Quality.ESTIMATED);
  }
}
