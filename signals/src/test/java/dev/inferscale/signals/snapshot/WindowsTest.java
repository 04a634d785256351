package dev.inferscale.signals.snapshot;

import static dev.inferscale.signals.ManualTime.second;
import static dev.inferscale.signals.Readings.idle;
import static dev.inferscale.signals.Readings.reading;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.inferscale.signals.Pools;
import dev.inferscale.signals.Readings;
import dev.inferscale.signals.pool.ModelPool;
import dev.inferscale.signals.pool.PoolTargets;
import dev.inferscale.signals.pool.PoolTargets.Gap;
import dev.inferscale.signals.pool.Replicas;
import dev.inferscale.signals.pool.Replicas.Count;
import dev.inferscale.signals.pool.Target;
import dev.inferscale.signals.profile.Reading.Counter;
import dev.inferscale.signals.profile.Reading.Distribution;
import dev.inferscale.signals.profile.Reading.Gauge;
import dev.inferscale.signals.profile.Reading.Grade;
import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.window.FetchFault;
import dev.inferscale.signals.window.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class WindowsTest {
  private static final double[] BOUNDS = {0.3, 1, 2};

  private final Windows windows = new Windows();
  private PoolTargets listed = Pools.targets(Pools.pool("chat"), 3);
  private Pool pool = fold(0);

  private void use(int targets, String... lines) {
    listed = Pools.targets(Pools.pool("chat", lines), targets);
    fold(0);
  }

  private Pool fold(double second, Outcome... outcomes) {
    Snapshot snapshot = windows.fold(List.of(outcomes), List.of(listed), second(second));
    pool = Objects.requireNonNull(snapshot.pools().get(listed.pool().id()));
    return pool;
  }

  /// Every target from `first` on reads the same.
  private void readAll(double second, int first, Readings reading) {
    List<Outcome> outcomes = new ArrayList<>();
    for (int i = first; i < listed.targets().size(); i++) {
      outcomes.add(reading.read(listed.targets().get(i), second(second)));
    }
    fold(second, outcomes.toArray(Outcome[]::new));
  }

  private void failAll(double second, FetchFault fault, String detail) {
    fold(
        second,
        listed.targets().stream()
            .map(target -> new Outcome.Failed(target, fault, detail, second(second)))
            .toArray(Outcome[]::new));
  }

  private Answer answer(Signal signal, double second) {
    return pool.answer(signal, OptionalDouble.empty(), second(second));
  }

  private Answer.Value value(Signal signal, double second) {
    assertThat(answer(signal, second)).isInstanceOf(Answer.Value.class);
    return (Answer.Value) answer(signal, second);
  }

  private Answer.Missing missing(Signal signal, double second) {
    assertThat(answer(signal, second)).isInstanceOf(Answer.Missing.class);
    return (Answer.Missing) answer(signal, second);
  }

  private static Readings latency(double sum, double... cumulative) {
    return reading().with(Distribution.LATENCY, BOUNDS, sum, cumulative);
  }

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
  void beforeAnyTargetHasAnsweredThereIsNotYetAValue() {
    assertThat(missing(Signal.REQUESTS_WAITING, 0).why()).isEqualTo(Absence.NOT_YET);
    assertThat(missing(Signal.REQUESTS_WAITING, 0).age()).isNull();
    assertThat(pool.targets().getFirst().state()).isEqualTo("starting");
    assertThat(pool.engine()).isEmpty();
  }

  @Test
  void aPoolWithoutTargetsSaysSo() {
    use(0);

    assertThat(missing(Signal.REQUESTS_WAITING, 0).why()).isEqualTo(Absence.NO_TARGETS);
  }

  @Test
  void whileSomeTargetsHaveNotBeenAskedThePoolIsNotYetKnown() {
    fold(1, reading().waiting(4).read(listed.targets().getFirst(), second(1)));

    assertThat(missing(Signal.REQUESTS_WAITING, 1).why()).isEqualTo(Absence.NOT_YET);
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
  void ageIsJudgedWhenTheAnswerIsReadThoughNobodyFolds() {
    readAll(1, 0, reading().waiting(10));

    assertThat(value(Signal.REQUESTS_WAITING, 11).age()).isEqualTo(Duration.ofSeconds(10));
    Answer.Missing stale = missing(Signal.REQUESTS_WAITING, 11.001);
    assertThat(stale.why()).isEqualTo(Absence.STALE);
    assertThat(stale.age()).isEqualTo(Duration.ofMillis(10_001));
  }

  @Test
  void targetsThatFailAgeOutAndSayWhy() {
    readAll(1, 0, reading().waiting(10));
    failAll(3, FetchFault.UNREACHABLE, "connection refused");
    assertThat(value(Signal.REQUESTS_WAITING, 3).number()).isEqualTo(30);

    Answer.Missing missing = missing(Signal.REQUESTS_WAITING, 12);
    assertThat(missing.why()).isEqualTo(Absence.UNREACHABLE);
    assertThat(missing.explanation()).isEqualTo("t0: connection refused");
  }

  @Test
  void textThatCannotBeBelievedIsRefused() {
    failAll(1, FetchFault.REFUSED, "the body is JSON, not metrics text");

    assertThat(missing(Signal.REQUESTS_WAITING, 1).why()).isEqualTo(Absence.REFUSED);
    assertThat(pool.targets().getFirst())
        .isEqualTo(new Pool.TargetState("t0", "refused", "the body is JSON, not metrics text"));
  }

  @Test
  void anEmptyPageIsNotYetAndNeverZero() {
    failAll(1, FetchFault.EMPTY, "the page held no series");

    Answer.Missing missing = missing(Signal.REQUESTS_WAITING, 1);
    assertThat(missing.why()).isEqualTo(Absence.NOT_YET);
    assertThat(missing.explanation()).contains("the page held no series");
  }

  @Test
  void oneHungTargetOfThreeRaisesTheSumAndNeverLowersIt() {
    readAll(0, 0, reading().waiting(10));
    readAll(11, 1, reading().waiting(10));
    Answer.Value value = value(Signal.REQUESTS_WAITING, 11);
    assertThat(value.number()).isEqualTo(30);
    assertThat(value.quality()).isEqualTo(Quality.PARTIAL);
    assertThat(value.targetsCovered()).isEqualTo(2);

    readAll(13, 1, reading().waiting(20));
    assertThat(value(Signal.REQUESTS_WAITING, 13).number()).isEqualTo(60);

    readAll(15, 1, reading().waiting(1));
    assertThat(value(Signal.REQUESTS_WAITING, 15).number()).isEqualTo(30);
  }

  @Test
  void aPartialSumIsServedForHoldForOnly() {
    readAll(0, 0, reading().waiting(10));
    for (int t = 2; t <= 320; t += 2) {
      readAll(t, 1, reading().waiting(10));
    }

    Answer.Missing missing = missing(Signal.REQUESTS_WAITING, 320);
    assertThat(missing.why()).isEqualTo(Absence.PARTIAL);
    assertThat(missing.explanation())
        .startsWith("for longer than 300 s, 2 of 3 targets count; t0: ");
  }

  @Test
  void belowHalfTheTargetsNothingIsAnswered() {
    readAll(0, 0, reading().waiting(10));
    readAll(11, 2, reading().waiting(10));

    assertThat(missing(Signal.REQUESTS_WAITING, 11).why()).isEqualTo(Absence.PARTIAL);
    assertThat(missing(Signal.KV_CACHE_UTILIZATION, 11).why()).isNotNull();
  }

  @Test
  void quantilesUseTheTargetsThatAnswered() {
    readAll(0, 0, latency(0, 0, 0, 0, 0));
    readAll(2, 1, latency(15, 0, 10, 10, 10));
    readAll(11, 1, latency(15, 0, 10, 10, 10));

    Answer.Value p90 = value(Signal.LATENCY, 11);
    assertThat(p90.number()).isCloseTo(0.93, within(1e-9));
    assertThat(p90.quality()).isEqualTo(Quality.PARTIAL);
  }

  @Test
  void aTargetThatIsNoLongerListedIsForgottenAtOnce() {
    readAll(1, 0, reading().waiting(10));
    listed = Pools.targets(listed.pool(), 2);
    fold(2);

    assertThat(value(Signal.REQUESTS_WAITING, 2).number()).isEqualTo(20);

    fold(3, reading().waiting(10).read(listed.targets().getFirst(), second(3)));
    fold(12);
    assertThat(value(Signal.REQUESTS_WAITING, 12).number())
        .as("what all of them had must not count the one that is gone")
        .isEqualTo(20);
  }

  private void dropFirst() {
    List<Target> left = listed.targets().subList(1, listed.targets().size());
    listed = new PoolTargets(listed.pool(), listed.modelAlias(), left);
  }

  @Test
  void aTargetThatDidNotCountTakesNothingWithItWhenItGoes() {
    use(4, "missing: {minCoverage: 0.7}");
    fold(1, reading().waiting(100).read(listed.targets().get(0), second(1)));
    fold(
        12,
        reading().waiting(50).read(listed.targets().get(1), second(12)),
        reading().waiting(10).read(listed.targets().get(2), second(12)),
        reading().waiting(10).read(listed.targets().get(3), second(12)));
    assertThat(value(Signal.REQUESTS_WAITING, 12).number()).isEqualTo(70);

    dropFirst();
    readAll(23, 1, reading().waiting(10));
    assertThat(value(Signal.REQUESTS_WAITING, 23).number())
        .as("two of three answer: not less than when all three did")
        .isEqualTo(70);
  }

  @Test
  void aTargetThatGoesAfterItStoppedTellingTakesWhatItToldBefore() {
    readAll(1, 0, reading().waiting(10));
    fold(2, reading().running(1).read(listed.targets().get(0), second(2)));
    assertThat(value(Signal.REQUESTS_WAITING, 2).number()).isEqualTo(30);

    dropFirst();
    readAll(12, 1, reading().waiting(10));
    assertThat(value(Signal.REQUESTS_WAITING, 12).number()).isEqualTo(20);
  }

  @Test
  void outcomesOfUnlistedTargetsAreLeftOut() {
    ModelPool other = Pools.pool("other");
    fold(1, reading().waiting(10).read(Pools.target(other, 0), second(1)));
    fold(1, reading().waiting(10).read(Pools.target(listed.pool(), 7), second(1)));

    assertThat(missing(Signal.REQUESTS_WAITING, 1).why()).isEqualTo(Absence.NOT_YET);
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
  void heldValuesAreMarkedAndEnd() {
    use(3, "missing: {answer: hold, holdFor: 60s}");
    readAll(1, 0, reading().waiting(10));
    failAll(3, FetchFault.UNREACHABLE, "connection refused");
    fold(12);

    Answer.Value held = value(Signal.REQUESTS_WAITING, 33);
    assertThat(held.number()).isEqualTo(30);
    assertThat(held.note()).isEqualTo("held for 30 s");
    assertThat(held.age()).isEqualTo(Duration.ofSeconds(32));
    assertThat(held.quality()).isEqualTo(Quality.ESTIMATED);
    assertThat(value(Signal.REQUESTS_WAITING, 71).number()).isEqualTo(30);
    assertThat(missing(Signal.REQUESTS_WAITING, 72).why()).isEqualTo(Absence.UNREACHABLE);
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

  @Test
  void ratesAcrossAnOutageAreRightOrMissingAtEveryInstant() {
    use(1);
    for (int t = 0; t <= 120; t++) {
      boolean dark = t >= 40 && t < 80;
      Outcome outcome =
          dark
              ? new Outcome.Failed(
                  listed.targets().getFirst(), FetchFault.STATUS, "answers 503", second(t))
              : reading()
                  .generated(500_000 + 1000.0 * t)
                  .read(listed.targets().getFirst(), second(t));
      fold(t, t % 2 == 0 ? new Outcome[] {outcome} : new Outcome[0]);
      if (answer(Signal.GENERATION_TOKENS_PER_SECOND, t) instanceof Answer.Value value) {
        assertThat(value.number()).as("at " + t).isCloseTo(1000, within(10.0));
      } else if (t > 2) {
        assertThat(t).as("missing").isBetween(49, 80);
      }
    }
  }

  private void list(Set<Target> starting, @Nullable Gap gap, Replicas replicas) {
    listed =
        new PoolTargets(
            listed.pool(), listed.modelAlias(), listed.targets(), starting, gap, replicas);
  }

  @Test
  void aStartingTargetIsNoMissingOneUntilItHasAnswered() {
    use(2);
    Target late = listed.targets().get(1);
    list(Set.of(late), null, Replicas.UNREAD);
    fold(1, reading().waiting(3).running(1).read(listed.targets().getFirst(), second(1)));
    fold(1, new Outcome.Failed(late, FetchFault.UNREACHABLE, "connection refused", second(1)));

    Answer.Value alone = value(Signal.REQUESTS_WAITING, 1);
    assertThat(alone.number()).isEqualTo(3);
    assertThat(alone.targetsTotal()).isEqualTo(1);
    assertThat(alone.quality()).isEqualTo(Quality.EXACT);
    assertThat(pool.targets())
        .contains(new Pool.TargetState(late.name(), "starting", "connection refused"));

    fold(2, reading().waiting(4).running(1).read(late, second(2)));
    assertThat(value(Signal.REQUESTS_WAITING, 2).number()).isEqualTo(7);
    // It is still not ready, but from now on it is missed.
    fold(11.5, reading().waiting(3).running(1).read(listed.targets().getFirst(), second(11.5)));
    assertThat(value(Signal.REQUESTS_WAITING, 12.5).targetsTotal()).isEqualTo(2);
    assertThat(value(Signal.REQUESTS_WAITING, 12.5).quality()).isEqualTo(Quality.PARTIAL);
  }

  @Test
  void aPoolOfWhichAllStartsSaysSo() {
    use(2);
    list(Set.copyOf(listed.targets()), null, Replicas.UNREAD);
    fold(1);

    assertThat(missing(Signal.REQUESTS_WAITING, 1).why()).isEqualTo(Absence.NOT_YET);
    assertThat(missing(Signal.REQUESTS_WAITING, 1).explanation()).startsWith("2 starting");
  }

  @Test
  void whyThereAreNoTargetsIsSaid() {
    use(0);
    list(Set.of(), new Gap(Gap.Kind.CONFIG, "set it"), Replicas.UNREAD);
    fold(1);

    assertThat(missing(Signal.REQUESTS_WAITING, 1).why()).isEqualTo(Absence.CONFIG);
    assertThat(missing(Signal.REQUESTS_WAITING, 1).explanation()).isEqualTo("set it");
  }

  @Test
  void replicasAreAnsweredUntilTheyAreTooOld() {
    use(1, "scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: chat}");
    Count three = new Count.Known(3, second(1));
    list(Set.of(), null, new Replicas(three, three, new Count.Unknown(true, "soon")));
    fold(1);

    assertThat(value(Signal.REPLICAS, 11).number()).isEqualTo(3);
    assertThat(value(Signal.REPLICAS_READY, 11).age()).isEqualTo(Duration.ofSeconds(10));
    assertThat(missing(Signal.REPLICAS_STARTING, 11).why()).isEqualTo(Absence.NOT_YET);
    assertThat(missing(Signal.REPLICAS, 62).why()).isEqualTo(Absence.STALE);
  }
}
