package dev.inferscale.e2e.bed;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// The real KEDA, which sets no keepalive, behind something that translates addresses: what keeps
/// its quiet streams alive, and finds out that nobody is there any more, is the plane's.
@ExtendWith({BedExtension.class, KedaExtension.class})
final class KedaMiddleboxIT {
  private static final String WAITING = "inference_requests_waiting";

  /// How long nobody says a word: `.ci/long quiet` sets an hour. Two of the plane's looks by
  /// itself, the second of them later than the box remembers.
  private static final Duration QUIET = Duration.parse(System.getProperty("keda.quiet", "PT1M"));

  private static final Duration LOOK = Duration.ofSeconds(30);
  private static final Duration SLACK = Duration.ofMinutes(2);

  private final Bed bed;
  private final BedNamespace home;
  private final PlaneOnBed plane;

  KedaMiddleboxIT(Bed bed, BedNamespace home, PlaneOnBed plane) {
    this.bed = bed;
    this.home = home;
    this.plane = plane;
  }

  @AfterEach
  void clear() {
    ScaledObject.clear(bed, home);
    home.clear();
  }

  @Test
  void aQuietStreamOutlivesABoxThatForgetsQuietConnections() throws Exception {
    try (Middlebox box = new Middlebox(plane.keda(), Duration.ofSeconds(40))) {
      ScaledObject scaled = asleep("quiet", box);
      scaled.awaitKnown();

      long looks = QUIET.dividedBy(LOOK);
      home.awaitThat("the plane has looked", QUIET.plus(SLACK), () -> box.looks() >= looks);
      Elapsed told = new Elapsed();
      try (Gateway gateway = new Gateway(plane, "quiet")) {
        gateway.holds(5);
        scaled.awaitReplicas(1);
        told.says("demand to a first replica through a box, after " + QUIET + " without a word");
      }
      assertThat(plane.streams()).isOne();
    }
  }

  @Test
  void aPeerThatVanishedWithoutAWordIsFoundOutAndItsStreamsFreed() throws Exception {
    try (Middlebox box = new Middlebox(plane.keda(), Duration.ofMinutes(10))) {
      asleep("gone", box);
      home.awaitThat("its stream is open", () -> plane.streams() == 1);

      Elapsed silent = new Elapsed();
      box.breaks();

      home.awaitThat("the plane has noticed", SLACK, () -> plane.streams() == 0);
      silent.says("a peer that vanished without a word, until its stream is freed");
    }
  }

  /// At zero and hardly ever polled: nothing passes on its connection. The plane knows the pool
  /// first, since KEDA closes its connection after an error, and opens it with the next poll.
  private ScaledObject asleep(String pool, Middlebox box) {
    home.unscheduled(pool, 0);
    home.pool(pool);
    home.awaitThat("the plane knows " + pool, () -> plane.value(pool, WAITING) == 0);
    return new ScaledObject(home, pool)
        .with("pollingInterval: 36000")
        .pushedBy("127.0.0.1:" + box.port(), "pool", pool, "signal", WAITING, "target", "2")
        .apply();
  }
}
