package dev.inferscale.signals.snapshot;

import static dev.inferscale.signals.ManualTime.second;
import static dev.inferscale.signals.Readings.reading;
import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.signals.pool.Credentials;
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
import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class FrontTest extends OnePool {
  @Test
  void withoutAPodTheFrontsWordIsTheValue() {
    none(Gap.Kind.NONE);
    fold(1, told("gateway-a", 3, 900, 1), told("gateway-b", 2, 100, 1));

    assertThat(value(Signal.REQUESTS_WAITING, 1).number()).isEqualTo(5);
    assertThat(value(Signal.REQUESTS_IN_FLIGHT, 1).number()).isEqualTo(5);
    assertThat(value(Signal.TOKENS_IN_FLIGHT, 1).number()).isEqualTo(1000);
    assertThat(value(Signal.TOKENS_IN_FLIGHT, 1).note())
        .isEqualTo("no pod yet: 1000 in front of the pool");
    assertThat(missing(Signal.TIME_TO_FIRST_TOKEN, 1).why()).isEqualTo(Absence.NO_TARGETS);
  }

  @Test
  void nothingWaitingIsAValueToo() {
    none(Gap.Kind.NONE);
    fold(1, told("gateway", 0, 0, 1));

    assertThat(value(Signal.TOKENS_IN_FLIGHT, 1).number()).isZero();
    assertThat(value(Signal.QUEUE_WAIT, 1).quality()).isEqualTo(Quality.IDLE);
  }

  @Test
  void whatIsToldCountsOnlyForAsLongAsItsTellerSays() {
    none(Gap.Kind.NONE);
    fold(1, told("gateway", 3, 900, 1));

    assertThat(value(Signal.REQUESTS_WAITING, 4).number()).isEqualTo(3);
    // Judged when it is read, with no fold in between.
    assertThat(missing(Signal.REQUESTS_WAITING, 4.1).why()).isEqualTo(Absence.NO_TARGETS);
  }

  @Test
  void tokensThatNobodyCountedAreAtLeastOneEach() {
    none(Gap.Kind.NONE);
    fold(1, told("gateway", 3, Double.NaN, 1));

    assertThat(value(Signal.TOKENS_IN_FLIGHT, 1).number()).isEqualTo(3);
    assertThat(value(Signal.TOKENS_IN_FLIGHT, 1).quality()).isEqualTo(Quality.ESTIMATED);
  }

  @Test
  void whatPodsAndFrontHoldIsAdded() {
    use(1);
    fold(
        1,
        reading().waiting(4).running(1).read(listed.targets().getFirst(), second(1)),
        told("gateway", 3, 900, 1));

    assertThat(value(Signal.REQUESTS_WAITING, 1).number()).isEqualTo(7);
    assertThat(value(Signal.REQUESTS_RUNNING, 1).number()).isEqualTo(1);
    assertThat(value(Signal.REQUESTS_WAITING, 1).note()).endsWith("with 3 in front of the pool");
  }

  @Test
  void podsThatDoNotAnswerMayHoldMoreThanTheFrontKnows() {
    use(1);
    failAll(1, FetchFault.TIMED_OUT, "slow");
    fold(1, told("gateway", 3, 900, 1));

    assertThat(missing(Signal.REQUESTS_WAITING, 1).why()).isEqualTo(Absence.UNREACHABLE);
  }

  @Test
  void podsThatNobodyHasListedYetMayHoldMoreToo() {
    none(Gap.Kind.NOT_YET);
    fold(1, told("gateway", 3, 900, 1));

    assertThat(missing(Signal.REQUESTS_WAITING, 1).why()).isEqualTo(Absence.NOT_YET);
  }

  @Test
  void aPodThatDoesNotServeYetKnowsOfNothing() {
    use(1);
    list(null, Replicas.UNREAD, true);
    fold(1, told("gateway", 3, 900, 1));

    assertThat(value(Signal.REQUESTS_WAITING, 1).number()).isEqualTo(3);
  }

  @Test
  void anUnreachableEndpointOfATargetScaledToZeroIsNoPod() {
    use(1, "scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: chat}");
    Count zero = new Count.Known(0, second(1));
    list(null, new Replicas(zero, zero, zero), false);
    failAll(1, FetchFault.UNREACHABLE, "connection refused");
    fold(1, told("gateway", 3, 900, 1));

    assertThat(value(Signal.REQUESTS_WAITING, 1).number()).isEqualTo(3);
  }

  @Test
  void aRequestAtTheFrontWaitsSinceThereWasOne() {
    none(Gap.Kind.NONE);
    fold(1, told("gateway", 0, 0, 1));
    fold(2, told("gateway", 3, 900, 2));
    fold(4, told("gateway", 2, 600, 4));

    assertThat(value(Signal.QUEUE_WAIT, 6).number()).isEqualTo(4);
    assertThat(value(Signal.QUEUE_WAIT, 6).note()).startsWith("lower bound");
    fold(7, told("gateway", 0, 0, 7));
    assertThat(value(Signal.QUEUE_WAIT, 7).number()).isZero();
  }

  @Test
  void aPageSaysWhatATellerWouldTell() {
    fronted("g1", "g2");
    fold(1, page(0, 3, 1), page(1, 2, 1));

    assertThat(value(Signal.REQUESTS_WAITING, 1).number()).isEqualTo(5);
    assertThat(value(Signal.REQUESTS_WAITING, 1).quality()).isEqualTo(Quality.EXACT);
    assertThat(value(Signal.REQUESTS_WAITING, 1).targetsTotal()).isZero();
    fold(2, told("gateway", 4, 400, 2));
    assertThat(value(Signal.REQUESTS_WAITING, 2).number()).isEqualTo(9);
    assertThat(pool.waitingInFront(second(2))).isEqualTo(9);
    assertThat(pool.targets(second(2))).isEmpty();
    assertThat(pool.front(second(2)))
        .containsExactly(
            new TargetState("g1", State.UP, "3 requests wait there"),
            new TargetState("g2", State.UP, "2 requests wait there"));
  }

  @Test
  void whoIsAskedAndTellsTooCountsOnce() {
    fronted("g1");
    fold(1, page(0, 3, 1), told("g1", 4, 400, 1.2));
    assertThat(value(Signal.REQUESTS_WAITING, 2).number()).isEqualTo(4);

    fold(3, page(0, 5, 3));
    assertThat(value(Signal.REQUESTS_WAITING, 3).number()).isEqualTo(5);
    fold(4, fault(0, FetchFault.UNREACHABLE, 4), told("g1", 0, 0, 4));
    assertThat(value(Signal.REQUESTS_WAITING, 4).number()).isZero();
  }

  @Test
  void aPageThatFallsSilentIsNotZeroAndAgesOut() {
    fronted("g1");
    fold(1, page(0, 3, 1));
    fold(2, fault(0, FetchFault.UNREACHABLE, 2));

    assertThat(value(Signal.REQUESTS_WAITING, 11).number()).isEqualTo(3);
    assertThat(missing(Signal.REQUESTS_WAITING, 11.1).why()).isEqualTo(Absence.UNREACHABLE);
    assertThat(missing(Signal.REQUESTS_WAITING, 11.1).explanation())
        .isEqualTo("its front g1: connection refused");
    assertThat(missing(Signal.QUEUE_WAIT, 11.1).why()).isEqualTo(Absence.UNREACHABLE);
    assertThat(pool.waitingInFront(second(11.1))).isZero();
  }

  @Test
  void aPageThatHasNotBeenAskedMayHoldSomething() {
    fronted("g1");

    assertThat(missing(Signal.REQUESTS_WAITING, 0).why()).isEqualTo(Absence.NOT_YET);
    assertThat(pool.hasFirstAnswers()).isFalse();
    fold(1, page(0, 0, 1));
    assertThat(value(Signal.REQUESTS_WAITING, 1).number()).isZero();
    assertThat(pool.hasFirstAnswers()).isTrue();
  }

  @Test
  void ofSeveralPagesThoseThatAnswerMayRaiseAnAnswerButNotSayThatThereIsNothing() {
    fronted("g1", "g2");
    fold(1, page(0, 0, 1), fault(1, FetchFault.UNREACHABLE, 1));
    assertThat(missing(Signal.REQUESTS_WAITING, 1).why()).isEqualTo(Absence.UNREACHABLE);

    fold(2, page(0, 3, 2));
    assertThat(value(Signal.REQUESTS_WAITING, 2).number()).isEqualTo(3);
    assertThat(value(Signal.REQUESTS_WAITING, 2).quality()).isEqualTo(Quality.PARTIAL);
    assertThat(value(Signal.REQUESTS_WAITING, 2).note())
        .isEqualTo("no pod yet: 3 in front of the pool; but its front g2: connection refused");
  }

  @Test
  void beforePodsThatAnswerASilentPageIsMarkedAndNoReasonToSayNothing() {
    use(1);
    front("g1");
    fold(
        1,
        reading().waiting(4).running(1).read(listed.targets().getFirst(), second(1)),
        fault(0, FetchFault.UNREACHABLE, 1));

    assertThat(value(Signal.REQUESTS_WAITING, 1).number()).isEqualTo(4);
    assertThat(value(Signal.REQUESTS_WAITING, 1).quality()).isEqualTo(Quality.ESTIMATED);
    fold(2, page(0, 2, 2));
    assertThat(value(Signal.REQUESTS_WAITING, 2).number()).isEqualTo(6);
    assertThat(value(Signal.REQUESTS_WAITING, 2).targetsCovered()).isEqualTo(1);
    assertThat(value(Signal.REQUESTS_WAITING, 2).targetsTotal()).isEqualTo(1);
  }

  @Test
  void anOldestRequestInFrontIsALowerBoundOfTheWait() {
    use(1);
    front("g1");
    fold(
        1,
        reading()
            .with(Gauge.QUEUE_OLDEST_SECONDS, 2)
            .waiting(1)
            .running(1)
            .read(listed.targets().getFirst(), second(1)),
        reading()
            .with(Gauge.QUEUE_OLDEST_SECONDS, 5)
            .waiting(1)
            .read(listed.front().targets().getFirst(), second(1)));

    assertThat(value(Signal.QUEUE_OLDEST, 2).number()).isEqualTo(6);
    assertThat(value(Signal.QUEUE_OLDEST, 2).note())
        .isEqualTo("the front has held a request so long");
  }

  @Test
  void aPageThatIsNoLongerListedCountsNoMore() {
    fronted("g1", "g2");
    fold(1, page(0, 3, 1), page(1, 2, 1));
    front("g2");
    fold(2);

    assertThat(value(Signal.REQUESTS_WAITING, 2).number()).isEqualTo(2);
  }

  @Test
  void withNobodyInFrontWhoWasNamedNothingIsKnown() {
    none(Gap.Kind.NONE);
    Gap gap = new Gap(Gap.Kind.NONE, "no pod in serving matches the selector of front.pods");
    listed = with(new PoolTargets.Front(List.of(), Set.of(), gap, Credentials.NONE));
    fold(1);

    assertThat(missing(Signal.REQUESTS_WAITING, 1).why()).isEqualTo(Absence.NO_TARGETS);
    assertThat(missing(Signal.REQUESTS_WAITING, 1).explanation()).contains("front.pods");
  }

  @Test
  void aPickerThatIsNotReadyYetIsNotWaitedFor() {
    fronted("g1", "g2");
    listed =
        with(
            new PoolTargets.Front(
                listed.front().targets(),
                Set.of(listed.front().targets().get(1)),
                null,
                Credentials.NONE));
    fold(1, page(0, 0, 1));

    assertThat(value(Signal.REQUESTS_WAITING, 1).number()).isZero();
  }

  @Test
  void aPoolThatMayGoToZeroUnseenWarnsUntilSomebodyTells() {
    use(1, "capacity: {minReplicas: 0}");
    assertThat(pool.warnings(second(0)))
        .singleElement()
        .asString()
        .startsWith("front: is not named, and nobody has told of demand by POST");

    fold(1, told("gateway", 0, 0, 1));
    fold(5);
    assertThat(pool.warnings(second(5))).isEmpty();
    assertThat(pool.warnings(second(602))).hasSize(1);

    use(1, "capacity: {minReplicas: 0}", "front: {endpoints: ['http://g/metrics']}");
    assertThat(pool.warnings(second(0))).isEmpty();
    use(1);
    assertThat(pool.warnings(second(0))).isEmpty();
  }

  /// KEDA asks on at zero, and after an error it gives up its connection with all push streams.
  @Test
  void aPoolOfWhichNoReplicaIsWantedAndNoneIsLeftRests() {
    resting();
    fold(1);

    assertThat(value(Signal.TOKENS_IN_FLIGHT, 1).number()).isZero();
    assertThat(value(Signal.TOKENS_IN_FLIGHT, 1).quality()).isEqualTo(Quality.IDLE);
    assertThat(value(Signal.TIME_TO_FIRST_TOKEN, 1).number()).isZero();
    assertThat(value(Signal.SUCCESS_RATIO, 1).number()).isEqualTo(1);
    assertThat(missing(Signal.GPU_UTILIZATION, 1).why()).isEqualTo(Absence.NO_TARGETS);
  }

  @Test
  void whereSomebodyTellsNowAndThenASilenceIsNotZero() {
    resting();
    fold(1, told("gateway", 0, 0, 1));
    fold(5);

    assertThat(missing(Signal.TOKENS_IN_FLIGHT, 5).why()).isEqualTo(Absence.NO_TARGETS);
    assertThat(value(Signal.TIME_TO_FIRST_TOKEN, 5).number()).isZero();
  }

  @Test
  void aPoolOfWhichAReplicaIsWantedDoesNotRest() {
    use(0, "scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: chat}");
    Count one = new Count.Known(1, second(1));
    list(new Gap(Gap.Kind.NONE, "no pod"), new Replicas(one, one, one), false);
    fold(1);

    assertThat(missing(Signal.TOKENS_IN_FLIGHT, 1).why()).isEqualTo(Absence.NO_TARGETS);
  }

  private void resting() {
    use(0, "scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: chat}");
    Count zero = new Count.Known(0, second(1));
    list(new Gap(Gap.Kind.NONE, "no pod"), new Replicas(zero, zero, zero), false);
  }

  @Test
  void sixtyFourTellersAreHeard() {
    none(Gap.Kind.NONE);
    for (int i = 0; i < 100; i++) {
      fold(1, told("gateway-" + i, 1, 1, 1));
    }
    assertThat(value(Signal.REQUESTS_WAITING, 1).number()).isEqualTo(64);
    // Those who have fallen silent make room.
    fold(10, told("another", 1, 1, 10));
    assertThat(value(Signal.REQUESTS_WAITING, 10).number()).isEqualTo(1);
  }

  private void none(Gap.Kind kind) {
    use(0);
    list(new Gap(kind, "no pod"), Replicas.UNREAD, false);
    fold(0);
  }

  /// No pod, and these pages in front.
  private void fronted(String... names) {
    none(Gap.Kind.NONE);
    front(names);
    fold(0);
  }

  private void front(String... names) {
    List<Target> targets =
        Arrays.stream(names)
            .map(name ->
                new Target(listed.pool().id(), name, URI.create("http://" + name + "/metrics"))
                    .inFront())
            .toList();
    listed = with(new PoolTargets.Front(targets, Set.of(), null, Credentials.NONE));
  }

  private PoolTargets with(PoolTargets.Front front) {
    return new PoolTargets(
        listed.pool(),
        listed.modelAlias(),
        listed.targets(),
        listed.starting(),
        listed.pods(),
        listed.gap(),
        listed.replicas(),
        listed.credentials(),
        front);
  }

  private Outcome page(int index, double waiting, double at) {
    return reading().waiting(waiting).read(listed.front().targets().get(index), second(at));
  }

  private Outcome fault(int index, FetchFault fault, double at) {
    Target target = listed.front().targets().get(index);
    return new Outcome.Failed(target, fault, "connection refused", second(at));
  }

  private void list(@Nullable Gap gap, Replicas replicas, boolean starting) {
    listed =
        new PoolTargets(
            listed.pool(),
            listed.modelAlias(),
            listed.targets(),
            starting ? Set.copyOf(listed.targets()) : Set.of(),
            gap,
            replicas);
  }

  private Outcome.Told told(String teller, double requests, double tokens, double at) {
    return new Outcome.Told(
        listed.pool().id(), teller, requests, tokens, Duration.ofSeconds(3), second(at));
  }
}
