package dev.inferscale.signals.kube;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ReflectorTimingTest {
  @Test
  void pausesGrowToALimitAndAreSpread() {
    Reflector.Timing usual = Reflector.Timing.USUAL;
    assertThat(usual.pause(1, 1)).isEqualTo(Duration.ofSeconds(1));
    assertThat(usual.pause(3, 1)).isEqualTo(Duration.ofSeconds(4));
    assertThat(usual.pause(1000, 1)).isEqualTo(Duration.ofSeconds(10));
    assertThat(usual.pause(1000, 0)).isEqualTo(Duration.ofSeconds(5));
  }
}
