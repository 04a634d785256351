package dev.inferscale.signals;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.inferscale.signals.discover.FixedTargets;
import dev.inferscale.signals.exposition.Limits;
import dev.inferscale.signals.pool.ModelPool;
import dev.inferscale.signals.pool.PoolTargets;
import dev.inferscale.signals.pool.PoolTargets.Gap;
import dev.inferscale.signals.pool.Replicas;
import dev.inferscale.signals.pool.Target;
import dev.inferscale.signals.profile.Profiles;
import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.snapshot.Absence;
import dev.inferscale.signals.snapshot.Answer;
import dev.inferscale.signals.snapshot.Pool;
import dev.inferscale.signals.snapshot.Pool.TargetState.State;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// A plane that asks a real page in front of a pool. Another pool's front, which nothing serves,
/// counts the time: it is asked four times a second throughout.
class FrontServerTest {
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final int TICKS = 12;

  private final FakeEngine gateway = new FakeEngine();
  private final FakeEngine other = new FakeEngine();
  private final FakeEngine engine = new FakeEngine();
  private final ManualTime time = new ManualTime();
  private final ModelPool pool = fronted("chat", gateway);
  private final ModelPool clock = fronted("clock", other);
  private final SignalPlane plane;

  FrontServerTest() {
    waiting(gateway, 3);
    waiting(other, 0);
    engine.page(
        "/metrics",
        """
        # TYPE vllm:num_requests_waiting gauge
        vllm:num_requests_waiting{model_name="acme/chat-9b"} 2
        # TYPE vllm:num_requests_running gauge
        vllm:num_requests_running{model_name="acme/chat-9b"} 1
        """);
    plane =
        SignalPlane.startAt(
            SignalsConfig.defaults(),
            List.of(none(pool), none(clock)),
            new EnginePages(Profiles.bundled(), Limits.DEFAULTS),
            time);
  }

  @AfterEach
  void close() {
    plane.close();
    gateway.close();
    other.close();
    engine.close();
  }

  /// The slowest there is.
  private static ModelPool fronted(String name, FakeEngine front) {
    return Pools.pool(
        name, "interval: 60s", "front: {endpoints: ['" + front.uri("/metrics") + "']}");
  }

  private static void waiting(FakeEngine front, int requests) {
    front.page(
        "/metrics",
        """
        # TYPE llm_d_epp_flow_control_queue_size gauge
        llm_d_epp_flow_control_queue_size{inference_pool="chat"} %d
        """
            .formatted(requests));
  }

  private static PoolTargets none(ModelPool of) {
    return targets(of, List.of(), Set.of(), new Gap(Gap.Kind.NONE, "no pod"));
  }

  private static PoolTargets targets(
      ModelPool of, List<Target> pods, Set<Target> starting, @Nullable Gap gap) {
    PoolTargets fixed = FixedTargets.of(List.of(of)).getFirst();
    return new PoolTargets(
        of,
        fixed.modelAlias(),
        pods,
        starting,
        List.of(),
        gap,
        Replicas.UNREAD,
        fixed.credentials(),
        fixed.front());
  }

  private void follow(PoolTargets targets) {
    plane.follow(List.of(targets, none(clock)), List.of());
  }

  private void awaitWaiting(Predicate<Answer> wanted) {
    await().atMost(LONG).until(this::answer, wanted);
  }

  private Answer answer() {
    return seen().answer(Signal.REQUESTS_WAITING, OptionalDouble.empty(), time.instant());
  }

  private Pool seen() {
    return Objects.requireNonNull(plane.latest().pools().get(pool.id()));
  }

  private static Predicate<Answer> is(double number) {
    return answer -> answer instanceof Answer.Value value && value.number() == number;
  }

  /// How often the pool's front is asked while the other one is twelve times.
  private int askedMeanwhile() {
    int before = gateway.requests();
    int ticks = other.requests();
    await().atMost(LONG).until(() -> other.requests() >= ticks + TICKS);
    return gateway.requests() - before;
  }

  @Test
  void whileNoPodServesAFrontIsReadFourTimesASecondAndElseOncePerInterval() {
    awaitWaiting(is(3));
    assertThat(askedMeanwhile()).isBetween(TICKS / 2, TICKS * 2);

    Target pod = new Target(pool.id(), "chat-0", engine.uri("/metrics"), "uid");
    follow(targets(pool, List.of(pod), Set.of(pod), null));
    await().atMost(LONG).until(() -> engine.requests() > 0);
    assertThat(askedMeanwhile()).as("a pod that is not ready").isGreaterThanOrEqualTo(TICKS / 2);

    follow(targets(pool, List.of(pod), Set.of(), null));
    awaitWaiting(is(5));
    assertThat(askedMeanwhile()).as("a pod that serves").isLessThanOrEqualTo(2);

    waiting(gateway, 7);
    follow(none(pool));
    awaitWaiting(is(7));
    assertThat(askedMeanwhile()).as("none again").isGreaterThanOrEqualTo(TICKS / 2);
  }

  @Test
  void aFrontThatStopsAnsweringIsNotZero() {
    awaitWaiting(is(3));
    gateway.status("/metrics", 503);
    time.advance(pool.missing().staleAfter().plusSeconds(1));

    awaitWaiting(
        answer -> answer instanceof Answer.Missing missing && missing.why() == Absence.UNREACHABLE);
    assertThat(seen().front(time.instant()))
        .singleElement()
        .satisfies(front -> assertThat(front.state()).isEqualTo(State.UNREACHABLE));
  }
}
