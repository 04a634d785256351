package dev.inferscale.signals.snapshot;

import static dev.inferscale.signals.ManualTime.second;
import static dev.inferscale.signals.Readings.idle;
import static dev.inferscale.signals.Readings.reading;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.inferscale.signals.Pools;
import dev.inferscale.signals.pool.ModelPool;
import dev.inferscale.signals.pool.PoolTargets;
import dev.inferscale.signals.pool.PoolTargets.Gap;
import dev.inferscale.signals.pool.Replicas;
import dev.inferscale.signals.pool.Replicas.Count;
import dev.inferscale.signals.pool.Target;
import dev.inferscale.signals.profile.Reading.Gauge;
import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.snapshot.Pool.TargetState;
import dev.inferscale.signals.snapshot.Pool.TargetState.State;
import dev.inferscale.signals.window.FetchFault;
import dev.inferscale.signals.window.Outcome;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Which targets count in a pool, and what it answers when some or all of them do not.
final class CoverageTest extends OnePool {

  @Test
  void beforeAnyTargetHasAnsweredThereIsNotYetAValue() {
    assertThat(missing(Signal.REQUESTS_WAITING, 0).why()).isEqualTo(Absence.NOT_YET);
    assertThat(missing(Signal.REQUESTS_WAITING, 0).age()).isNull();
    assertThat(pool.targets(second(0)).getFirst().state()).isEqualTo(State.STARTING);
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
    assertThat(pool.targets(second(1)).getFirst())
        .isEqualTo(new TargetState("t0", State.REFUSED, "the body is JSON, not metrics text"));
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
  void theWaitOfATargetThatHangsIsNotForgottenWhileItIsHeld() {
    readAll(0, 0, idle());
    fold(
        1,
        reading()
            .waiting(8)
            .running(4)
            .with(Gauge.QUEUE_OLDEST_SECONDS, 9)
            .read(first(), second(1)));
    for (int t = 2; t <= 320; t += 2) {
      readAll(t, 1, idle().with(Gauge.QUEUE_OLDEST_SECONDS, 0));
      if (t > 12 && t <= 300) {
        Answer.Value wait = value(Signal.QUEUE_WAIT, t);
        assertThat(wait.number()).isEqualTo(9);
        assertThat(wait.quality()).isEqualTo(Quality.PARTIAL);
        assertThat(wait.note())
            .startsWith("with what the silent said last: now 2 of 3 targets count; t0: ");
        assertThat(value(Signal.QUEUE_OLDEST, t).number()).isEqualTo(9);
      }
    }
    assertThat(missing(Signal.QUEUE_WAIT, 320).why()).isEqualTo(Absence.PARTIAL);
    assertThat(missing(Signal.QUEUE_OLDEST, 320).why()).isEqualTo(Absence.PARTIAL);
  }

  @Test
  void evenWhereEnoughAnswerNoneOfThemTakesItsLoadAwayByFallingSilent() {
    use(10);
    readAll(0, 0, reading().waiting(10));
    readAll(11, 1, reading().waiting(10));

    Answer.Value value = value(Signal.REQUESTS_WAITING, 11);
    assertThat(value.number()).isEqualTo(100);
    assertThat(value.targetsCovered()).isEqualTo(9);
    assertThat(value.quality()).isEqualTo(Quality.PARTIAL);

    readAll(311, 1, reading().waiting(10));
    assertThat(value(Signal.REQUESTS_WAITING, 311).number()).as("not for ever").isEqualTo(90);
    assertThat(value(Signal.REQUESTS_WAITING, 311).quality()).isEqualTo(Quality.EXACT);
  }

  private Target first() {
    return listed.targets().getFirst();
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
    assertThat(value(Signal.REQUESTS_WAITING, 12).number()).isEqualTo(170);

    dropFirst();
    fold(12);
    assertThat(value(Signal.REQUESTS_WAITING, 12).number()).isEqualTo(70);

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
    assertThat(pool.targets(second(1)))
        .contains(new TargetState(late.name(), State.STARTING, "connection refused"));

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
