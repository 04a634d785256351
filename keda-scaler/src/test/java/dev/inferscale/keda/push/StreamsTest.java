package dev.inferscale.keda.push;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.inferscale.keda.trigger.Trigger;
import dev.inferscale.signals.EnginePages;
import dev.inferscale.signals.SignalPlane;
import dev.inferscale.signals.SignalsConfig;
import dev.inferscale.signals.exposition.Limits;
import dev.inferscale.signals.pool.ModelPool;
import dev.inferscale.signals.pool.PoolId;
import dev.inferscale.signals.pool.PoolTargets;
import dev.inferscale.signals.pool.PoolsFile;
import dev.inferscale.signals.pool.Replicas;
import dev.inferscale.signals.profile.Profiles;
import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.window.Outcome;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The push thread's work, one look at a time: the test says what time it is for the streams, and
/// whether a reader takes what is sent.
final class StreamsTest {
  private static final PoolId ASLEEP = new PoolId("serving", "asleep");
  private static final Trigger TRIGGER =
      new Trigger(ASLEEP, Signal.REQUESTS_WAITING, OptionalDouble.empty(), 2, 0);

  private final InstantSource real = InstantSource.system();
  private Duration later = Duration.ZERO;
  private SignalPlane plane;
  private Streams streams;

  @BeforeEach
  void start() {
    ModelPool pool =
        PoolsFile.parse(
                """
                apiVersion: inferscale.dev/v1alpha1
                kind: ModelPool
                metadata: {name: asleep, namespace: serving}
                spec: {model: m, source: {endpoints: ["http://127.0.0.1:1/metrics"]}}
                """)
            .pools()
            .getFirst();
    PoolTargets none =
        new PoolTargets(
            pool,
            "m",
            List.of(),
            Set.of(),
            new PoolTargets.Gap(PoolTargets.Gap.Kind.NONE, "no pod"),
            Replicas.UNREAD);
    plane =
        SignalPlane.startAt(
            SignalsConfig.defaults(),
            List.of(none),
            new EnginePages(Profiles.bundled(), Limits.DEFAULTS),
            real);
    streams =
        new Streams(
            plane::latest, Duration.ZERO, 1_000, () -> real.instant().plus(later), () -> 0.5);
  }

  @AfterEach
  void stop() {
    plane.close();
  }

  /// Whoever is in front of the pool holds so many requests back.
  private void told(int requests) {
    long before = plane.latest().sequence();
    plane.tell(
        new Outcome.Told(
            ASLEEP, "gateway", requests, Double.NaN, Duration.ofHours(2), real.instant()));
    await().until(() -> plane.latest().sequence() > before);
  }

  private static class Reader implements Streams.Line {
    final List<Boolean> heard = new ArrayList<>();
    boolean ready = true;
    boolean ended;

    @Override
    public boolean isReady() {
      return ready;
    }

    @Override
    public void say(boolean active) {
      heard.add(active);
    }

    @Override
    public void end() {
      ended = true;
    }
  }

  @Test
  void aReaderThatTakesNothingHasNothingPiledUpAndHearsHowThingsStandThen() {
    Reader reader = new Reader();
    reader.ready = false;
    assertThat(streams.open(TRIGGER, reader)).isNotNull();
    told(3);

    for (int i = 0; i < 100; i++) {
      later = later.plusSeconds(10);
      streams.look();
    }
    assertThat(reader.heard).isEmpty();
    reader.ready = true;
    streams.look();
    streams.look();

    assertThat(reader.heard).containsExactly(true);
  }

  @Test
  void aStreamEndsWithOkWhenItIsOldAndNotBefore() {
    Reader reader = new Reader();
    assertThat(streams.open(TRIGGER, reader)).isNotNull();
    Reader spec = new Reader();
    assertThat(streams.hold(spec)).isNotNull();

    later = Duration.ofMinutes(20);
    streams.look();
    assertThat(reader.ended).isFalse();
    later = Duration.ofMinutes(26);
    streams.look();

    assertThat(reader.ended).isTrue();
    assertThat(spec.ended).isTrue();
    assertThat(streams.told()).isZero();
    assertThat(streams.held()).isZero();
  }

  @Test
  void aReaderThatFailsIsDroppedAndTheOthersAreTold() {
    Reader broken =
        new Reader() {
          @Override
          public void say(boolean active) {
            throw new IllegalStateException("a fault");
          }
        };
    Reader reader = new Reader();
    assertThat(streams.open(TRIGGER, broken)).isNotNull();
    assertThat(streams.open(TRIGGER, reader)).isNotNull();
    told(3);

    streams.look();

    assertThat(reader.heard).containsExactly(true);
    assertThat(streams.faults()).isOne();
    assertThat(streams.told()).isOne();
  }
}
