package dev.inferscale.signals.snapshot;

import static dev.inferscale.signals.ManualTime.second;
import static dev.inferscale.signals.Readings.idle;
import static dev.inferscale.signals.Readings.reading;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import dev.inferscale.signals.Pools;
import dev.inferscale.signals.pool.Credentials;
import dev.inferscale.signals.pool.ModelPool;
import dev.inferscale.signals.pool.PoolTargets;
import dev.inferscale.signals.pool.Replicas;
import dev.inferscale.signals.pool.ServingPod;
import dev.inferscale.signals.pool.Target;
import dev.inferscale.signals.profile.Reading.Gauge;
import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.snapshot.Pool.PodAnswer;
import dev.inferscale.signals.window.FetchFault;
import dev.inferscale.signals.window.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SinglePodsTest extends OnePool {
  private List<Target> targets = List.of();

  /// Two pods with two ports each, of a pool that would be content with half of the targets.
  @BeforeEach
  void twoPodsWithTwoPorts() {
    ModelPool chat = Pools.pool("chat", "missing: {minCoverage: 0.5, answer: hold}");
    targets = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      targets.add(Pools.target(chat, i));
    }
    list(Set.of());
  }

  private void list(Set<Target> starting) {
    ModelPool chat = Pools.pool("chat", "missing: {minCoverage: 0.5, answer: hold}");
    List<ServingPod> pods =
        List.of(
            new ServingPod("chat-0", Map.of("app", "chat"), targets.subList(0, 2)),
            new ServingPod("chat-1", Map.of("app", "chat"), targets.subList(2, 4)));
    listed =
        new PoolTargets(
            chat, "m", targets, starting, pods, null, Replicas.UNREAD, Credentials.NONE);
  }

  private Outcome waiting(int target, double second, double requests) {
    return idle().waiting(requests).read(targets.get(target), second(second));
  }

  private List<PodAnswer> pods(Signal signal, double second) {
    return pool.podAnswers(_ -> true, signal, OptionalDouble.empty(), second(second));
  }

  private static double number(PodAnswer pod) {
    assertThat(pod.answer()).isInstanceOf(Answer.Value.class);
    return ((Answer.Value) pod.answer()).number();
  }

  private static Answer.Missing missing(PodAnswer pod) {
    assertThat(pod.answer()).isInstanceOf(Answer.Missing.class);
    return (Answer.Missing) pod.answer();
  }

  @Test
  void aPodsPortsFoldAsItsPoolDoes() {
    fold(1, waiting(0, 1, 3), waiting(1, 1, 4), waiting(2, 1, 0), waiting(3, 1, 5));

    assertThat(pods(Signal.REQUESTS_WAITING, 1))
        .extracting(a -> number(a))
        .containsExactly(7.0, 5.0);
    assertThat(pods(Signal.REQUESTS_WAITING, 1))
        .extracting(a -> a.pod().name())
        .containsExactly("chat-0", "chat-1");
  }

  @Test
  void aLevelOfAPodIsAMeanOverItsPorts() {
    List<Outcome> outcomes = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      outcomes.add(
          reading()
              .with(Gauge.KV_CACHE_UTILIZATION, 0.2 * (i + 1))
              .read(targets.get(i), second(1)));
    }
    fold(1, outcomes.toArray(Outcome[]::new));

    assertThat(number(pods(Signal.KV_CACHE_UTILIZATION, 1).getFirst()))
        .isCloseTo(0.3, offset(1e-9));
  }

  @Test
  void aPodWithAPortThatDoesNotCountHasNoValueWhateverThePoolWouldBeContentWith() {
    fold(
        1,
        waiting(0, 1, 3),
        new Outcome.Failed(targets.get(1), FetchFault.UNREACHABLE, "connection refused", second(1)),
        waiting(2, 1, 0),
        waiting(3, 1, 5));

    assertThat(value(Signal.REQUESTS_WAITING, 1).number()).isPositive();
    Answer.Missing broken = missing(pods(Signal.REQUESTS_WAITING, 1).getFirst());
    assertThat(broken.why()).isEqualTo(Absence.PARTIAL);
    assertThat(broken.explanation()).contains("1 of the pod's 2 targets count", "t1: connection");
    assertThat(number(pods(Signal.REQUESTS_WAITING, 1).getLast())).isEqualTo(5);
  }

  @Test
  void theAgeOfAPodIsJudgedWhenItIsAskedAndNothingIsHeld() {
    fold(1, waiting(0, 1, 3), waiting(1, 1, 4), waiting(2, 1, 0), waiting(3, 1, 5));
    fold(9, waiting(2, 9, 1), waiting(3, 9, 1));

    assertThat(missing(pods(Signal.REQUESTS_WAITING, 11.5).getFirst()).why())
        .isEqualTo(Absence.STALE);
    assertThat(number(pods(Signal.REQUESTS_WAITING, 11.5).getLast())).isEqualTo(2);
    assertThat(answer(Signal.REQUESTS_WAITING, 25)).isInstanceOf(Answer.Value.class);
    assertThat(missing(pods(Signal.REQUESTS_WAITING, 25).getLast()).why()).isEqualTo(Absence.STALE);
  }

  @Test
  void aStartingPodIsToComeAndNoLoss() {
    list(Set.copyOf(targets.subList(2, 4)));
    fold(1, waiting(0, 1, 3), waiting(1, 1, 4));

    Answer.Missing starting = missing(pods(Signal.REQUESTS_WAITING, 1).getLast());

    assertThat(starting.why()).isEqualTo(Absence.NOT_YET);
    assertThat(starting.explanation()).contains("starting");
  }

  @Test
  void onlyThePodsAskedForAnswer() {
    fold(1, waiting(0, 1, 3), waiting(1, 1, 4), waiting(2, 1, 0), waiting(3, 1, 5));

    assertThat(
            pool.podAnswers(
                pod -> pod.name().equals("chat-1"),
                Signal.REQUESTS_WAITING,
                OptionalDouble.empty(),
                second(1)))
        .extracting(a -> number(a))
        .containsExactly(5.0);
  }

  @ParameterizedTest
  @EnumSource(
      value = Signal.class,
      names = {"REPLICAS", "REPLICAS_READY", "REPLICAS_STARTING", "REPLICAS_REQUIRED"})
  void replicasAreThePoolsAlone(Signal signal) {
    fold(1, waiting(0, 1, 3), waiting(1, 1, 4));

    assertThat(missing(pods(signal, 1).getFirst()).explanation()).contains("not of its pods");
  }
}
