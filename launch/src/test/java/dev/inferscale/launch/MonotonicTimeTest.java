package dev.inferscale.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import org.junit.jupiter.api.Test;

final class MonotonicTimeTest {
  @Test
  void startsAtTheWallTimeAndNeverGoesBack() {
    InstantSource time = new MonotonicTime();
    Instant last = time.instant();
    assertThat(last).isCloseTo(Instant.now(), within(1, ChronoUnit.MINUTES));

    for (int i = 0; i < 10_000; i++) {
      Instant now = time.instant();
      assertThat(now.isBefore(last)).isFalse();
      last = now;
    }
  }
}
