package dev.inferscale.signals;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.inferscale.signals.pool.ModelPool;
import dev.inferscale.signals.pool.Target;
import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.scrape.ScrapeLimits;
import dev.inferscale.signals.snapshot.Absence;
import dev.inferscale.signals.snapshot.Answer;
import dev.inferscale.signals.snapshot.Pool;
import dev.inferscale.signals.snapshot.Snapshot;
import dev.inferscale.signals.window.FetchFault;
import dev.inferscale.signals.window.Outcome;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SignalPlaneServerTest {
  private final FakeEngine engine = new FakeEngine();
  private final ManualTime time = new ManualTime();
  private @Nullable SignalPlane plane;

  @AfterEach
  void close() {
    if (plane != null) {
      plane.close();
    }
    engine.close();
  }

  /// Reads `waiting N`; nothing else is text that can be believed.
  private static Outcome.Asked read(
      ModelPool pool, Target target, byte[] body, String contentType, Instant at) {
    String text = new String(body, StandardCharsets.UTF_8).strip();
    if (text.isEmpty()) {
      return new Outcome.Failed(target, FetchFault.EMPTY, "the page held no series", at);
    }
    if (text.equals("bug")) {
      throw new IllegalStateException("planted");
    }
    return text.startsWith("waiting ")
        ? new Outcome.Read(
            Readings.reading().waiting(Double.parseDouble(text.substring(8))).at(target, at), 2)
        : new Outcome.Failed(target, FetchFault.REFUSED, "no metrics text", at);
  }

  private static ModelPool pool(String name, URI... endpoints) {
    return Pools.pool(name, List.of(endpoints), "interval: 1s");
  }

  private SignalPlane start(InstantSource clock, ModelPool... pools) {
    SignalPlane started =
        SignalPlane.start(
            SignalsConfig.defaults(), List.of(pools), SignalPlaneServerTest::read, clock);
    plane = started;
    return started;
  }

  private static Answer waiting(SignalPlane plane, ModelPool pool, Instant now) {
    Pool known = Objects.requireNonNull(plane.latest().pools().get(pool.id()));
    return known.answer(Signal.REQUESTS_WAITING, OptionalDouble.empty(), now);
  }

  private Answer awaited(SignalPlane plane, ModelPool pool, Predicate<Answer> wanted) {
    return await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> waiting(plane, pool, time.instant()), wanted);
  }

  private Answer.Missing missing(ModelPool pool, Absence why) {
    SignalPlane started = start(time, pool);
    return (Answer.Missing)
        awaited(started, pool, a -> a instanceof Answer.Missing m && m.why() == why);
  }

  private static boolean isNumber(Answer answer, double number) {
    return answer instanceof Answer.Value value && value.number() == number;
  }

  @Test
  void aPageBecomesAValue() {
    engine.page("/metrics", "waiting 8");
    ModelPool pool = pool("chat", engine.uri("/metrics"));
    SignalPlane started = start(time, pool);

    awaited(started, pool, a -> isNumber(a, 8));
    engine.page("/metrics", "waiting 9");
    time.advance(Duration.ofSeconds(1));
    awaited(started, pool, a -> isNumber(a, 9));
    assertThat(engine.mostInFlight()).isEqualTo(1);
  }

  @Test
  void theFirstSnapshotIsThereAtOnce() {
    ModelPool pool = pool("chat", engine.uri("/metrics"));
    SignalPlane started = start(time, pool);

    assertThat(started.latest().pools()).containsKey(pool.id());
  }

  @Test
  void aDeadTargetDoesNotDelayOthers() throws IOException {
    engine.page("/metrics", "waiting 8");
    try (ServerSocket mute = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      URI dead = URI.create("http://127.0.0.1:" + mute.getLocalPort() + "/metrics");
      ModelPool broken = pool("broken", dead);
      ModelPool sound = pool("sound", engine.uri("/metrics"));
      SignalPlane started = start(time, broken, sound);

      awaited(started, sound, a -> isNumber(a, 8));
      Answer.Missing missing =
          (Answer.Missing)
              awaited(
                  started,
                  broken,
                  a -> a instanceof Answer.Missing m && m.why() == Absence.UNREACHABLE);
      assertThat(missing.explanation()).contains(":" + mute.getLocalPort()).contains("1000 ms");
    }
  }

  @Test
  void anEmptyPageIsMissingAndNotZero() {
    engine.page("/metrics", "");
    ModelPool pool = pool("chat", engine.uri("/metrics"));
    SignalPlane started = start(time, pool);

    awaited(
        started,
        pool,
        a -> a instanceof Answer.Missing m && m.explanation().contains("held no series"));
  }

  @Test
  void aPageThatIsNotMetricsIsRefused() {
    engine.page("/metrics", "<html>");

    missing(pool("chat", engine.uri("/metrics")), Absence.REFUSED);
  }

  @Test
  void aRedirectElsewhereIsRefusedAndNamed() {
    engine.redirect("/metrics", "http://169.254.10.10/latest/");

    assertThat(missing(pool("chat", engine.uri("/metrics")), Absence.REFUSED).explanation())
        .contains("redirect to another host or port (http://169.254.10.10)");
  }

  @Test
  void aReaderThatFailsDoesNotEndTheAsking() {
    engine.page("/metrics", "bug");
    ModelPool pool = pool("chat", engine.uri("/metrics"));
    missing(pool, Absence.REFUSED);

    engine.page("/metrics", "waiting 3");
    time.advance(Duration.ofSeconds(1));
    awaited(Objects.requireNonNull(plane), pool, a -> isNumber(a, 3));
  }

  @Test
  void aTargetThatComesBackIsSeen() {
    engine.status("/metrics", 503);
    ModelPool pool = pool("chat", engine.uri("/metrics"));
    missing(pool, Absence.UNREACHABLE);

    engine.page("/metrics", "waiting 3");
    time.advance(Duration.ofSeconds(1));
    awaited(Objects.requireNonNull(plane), pool, a -> isNumber(a, 3));
  }

  @Test
  void subscribersAreToldOfEachFoldAndOneThatFailsHarmsNobody() {
    engine.page("/metrics", "waiting 8");
    SignalPlane started = start(time, pool("chat", engine.uri("/metrics")));
    Set<Snapshot> seen = ConcurrentHashMap.newKeySet();
    started.subscribe(snapshot -> {
      throw new IllegalStateException("planted");
    });
    Runnable end = started.subscribe(seen::add);

    await().atMost(Duration.ofSeconds(30)).until(() -> seen.size() > 1);
    assertThat(started.statistics().foldFaults()).isPositive();
    end.run();
  }

  @Test
  void statisticsListEveryOutcomeFromTheStart() {
    engine.page("/metrics", "waiting 8");
    SignalPlane started = start(time, pool("chat", engine.uri("/metrics")));

    assertThat(started.statistics().fetches())
        .containsOnlyKeys(
            "read",
            "unreachable",
            "timed_out",
            "status",
            "redirect",
            "too_large",
            "no_memory",
            "refused",
            "empty");
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> {
          PlaneStatistics now = started.statistics();
          assertThat(now.fetches().get("read")).isPositive();
          assertThat(now.defects()).isPositive();
          assertThat(now.folds()).isGreaterThan(1);
          assertThat(now.targets()).isEqualTo(1);
        });
  }

  @Test
  void poolsAreReloadedWithoutARestart() {
    engine.page("/a", "waiting 1").page("/b", "waiting 2");
    ModelPool a = pool("a", engine.uri("/a"));
    ModelPool b = pool("b", engine.uri("/b"));
    SignalPlane started = start(time, a);
    awaited(started, a, answer -> isNumber(answer, 1));

    started.reload(List.of(a, b));
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> started.latest().pools().containsKey(b.id()));
    awaited(started, b, answer -> isNumber(answer, 2));
    assertThat(waiting(started, a, time.instant())).isInstanceOf(Answer.Value.class);
  }

  @Test
  void aTargetThatIsNoLongerListedCountsNowhereAnyMore() {
    try (FakeEngine second = new FakeEngine()) {
      engine.page("/metrics", "waiting 5");
      second.page("/metrics", "waiting 700");
      String[] spec = {"interval: 1s", "missing: {answer: hold}"};
      URI staying = engine.uri("/metrics");
      ModelPool both = Pools.pool("chat", List.of(staying, second.uri("/metrics")), spec);
      ModelPool one = Pools.pool("chat", List.of(staying), spec);
      SignalPlane started = start(time, both);
      awaited(started, both, a -> isNumber(a, 705));

      engine.status("/metrics", 503);
      started.reload(List.of(one));
      awaited(started, one, a -> isNumber(a, 5));
      assertThat(
              Objects.requireNonNull(started.latest().pools().get(one.id()))
                  .targets(time.instant()))
          .hasSize(1);

      time.advance(Duration.ofSeconds(11));
      Answer held = awaited(started, one, a -> a instanceof Answer.Value v && !v.note().isEmpty());
      assertThat(isNumber(held, 5)).isTrue();
      int asked = second.requests();
      int again = engine.requests();
      await().until(() -> engine.requests() > again + 1);
      assertThat(second.requests()).isEqualTo(asked);
    }
  }

  @Test
  void moreTargetsThanAllowedAreRefused() {
    SignalsConfig one =
        new SignalsConfig(ScrapeLimits.defaults(), 1, 10, Duration.ZERO, Duration.ofSeconds(1));
    ModelPool two = pool("chat", engine.uri("/a"), engine.uri("/b"));

    assertThatThrownBy(
            () -> SignalPlane.start(one, List.of(two), SignalPlaneServerTest::read, time))
        .hasMessage("the pools list 2 endpoints, but maxTargets is 1");
  }

  @Test
  void closeEndsAllThreadsAndTheLastSnapshotStays() {
    engine.page("/metrics", "waiting 8").hangInBody("/hang");
    ModelPool pool = pool("chat", engine.uri("/metrics"));
    ModelPool hanging = pool("hanging", engine.uri("/hang"));
    SignalPlane started = start(time, pool, hanging);
    awaited(started, pool, a -> isNumber(a, 8));

    started.close();
    int asked = engine.requests();
    assertThat(isNumber(waiting(started, pool, time.instant()), 8)).isTrue();
    assertThat(Thread.getAllStackTraces().keySet())
        .noneMatch(thread -> thread.getName().equals("signals-fold"));
    assertThat(engine.requests()).isEqualTo(asked);
    started.reload(List.of(pool));
  }
}
