package dev.inferscale.keda.push;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

final class BeatTest {
  private static final Instant NOON = Instant.parse("2026-11-28T12:00:00Z");

  private final Beat opened = Beat.opened(NOON, 0.5);

  @Test
  void theStateIsSaidAtTheOpening() {
    assertThat(opened.word(true, NOON, 0)).isTrue();
    assertThat(opened.word(false, NOON, 0)).isFalse();
    assertThat(opened.word(null, NOON, 0)).isNull();
  }

  @Test
  void aRiseIsSaidAtOnceAndAFallNever() {
    Beat idle = opened.saying(false, NOON);

    assertThat(idle.word(true, NOON, 0)).isTrue();
    assertThat(idle.saying(true, NOON).word(false, NOON.plusSeconds(60), 0)).isNull();
  }

  @Test
  void aRiseAfterAFallIsSaidAtOnceButNotTwiceInASecond() {
    Beat fallen = opened.saying(true, NOON).fallen();

    assertThat(fallen.word(true, NOON.plusMillis(900), 0)).isNull();
    assertThat(fallen.word(true, NOON.plusMillis(1000), 0)).isTrue();
  }

  @Test
  void whatLastsIsSaidAgainEveryFiveToTenSeconds() {
    Beat busy = opened.saying(true, NOON);
    for (double random : new double[] {0, 0.5, 1}) {
      assertThat(busy.word(true, NOON.plusSeconds(5), random)).isNull();
      assertThat(busy.word(true, NOON.plusSeconds(10), random)).isTrue();
    }
  }

  @Test
  void aStreamEndsByItselfAfterTwentyToTwentyFiveMinutes() {
    for (double random : new double[] {0, 0.5, 1}) {
      Beat beat = Beat.opened(NOON, random);
      assertThat(beat.isOver(NOON.plus(Duration.ofMinutes(20)).minusNanos(1))).isFalse();
      assertThat(beat.isOver(NOON.plus(Duration.ofMinutes(25)))).isTrue();
    }
  }
}
