package dev.inferscale.signals.scrape;

import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.signals.Pools;
import dev.inferscale.signals.pool.ModelPool;
import java.time.Duration;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;

class PaceTest {
  private static final ModelPool POOL = Pools.pool("chat", "interval: 2s");

  @Example
  void healthyTargetsAreAskedOncePerInterval() {
    assertThat(Pace.period(POOL, 0, 0.5)).isEqualTo(Duration.ofSeconds(2));
    assertThat(Pace.period(POOL, 0, 0)).isEqualTo(Duration.ofMillis(1900));
    assertThat(Pace.period(POOL, 0, 1)).isEqualTo(Duration.ofMillis(2100));
  }

  @Example
  void eachFailureDoublesThePause() {
    assertThat(Pace.period(POOL, 1, 0.5)).isEqualTo(Duration.ofSeconds(4));
    assertThat(Pace.period(POOL, 2, 0.5)).isEqualTo(Duration.ofSeconds(5));
  }

  @Example
  void aFrontIsAskedFourTimesASecondWhileItAloneKnows() {
    assertThat(Pace.frontPeriod(POOL, true, 0, 0.5)).isEqualTo(Duration.ofMillis(250));
    assertThat(Pace.frontPeriod(POOL, false, 0, 0.5)).isEqualTo(Duration.ofSeconds(2));
  }

  @Property
  void aFrontThatFailsIsStillAskedOncePerInterval(
      @ForAll @IntRange(min = 1, max = 1_000_000) int failures,
      @ForAll @DoubleRange(min = 0, max = 1) double random) {
    assertThat(Pace.frontPeriod(POOL, true, failures, random))
        .isBetween(Duration.ofMillis(475), Duration.ofMillis(2100));
  }

  @Property
  void aRecoveredTargetIsAskedBeforeItsLastReadingIsStale(
      @ForAll @IntRange(min = 0, max = 1_000_000) int failures,
      @ForAll @IntRange(min = 1, max = 60) int interval,
      @ForAll @DoubleRange(min = 0, max = 1) double random) {
    ModelPool pool = Pools.pool("chat", "interval: " + interval + "s");

    Duration period = Pace.period(pool, failures, random);
    assertThat(period).isPositive().isLessThan(pool.missing().staleAfter());
    assertThat(period).isGreaterThan(pool.interval().multipliedBy(9).dividedBy(10));
  }
}
