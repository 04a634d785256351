package dev.inferscale.worker.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.launch.MonotonicTime;
import dev.inferscale.worker.ArithmeticBackend;
import dev.inferscale.worker.ManualTime;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class WarmUpTest {
  @Test
  void itComputesUntilTheTimeIsOver() {
    ArithmeticBackend backend = new ArithmeticBackend(16, 64, 100, 29);

    WarmUp.run(backend, Duration.ofMillis(5), new MonotonicTime());

    assertThat(backend.largestBatch()).isEqualTo(8);
    assertThat(backend.largestTokens()).isEqualTo(128);
  }

  @Test
  void itTakesNoMoreBlocksThanThereAre() {
    ArithmeticBackend backend = new ArithmeticBackend(16, 5, 100, 29);

    WarmUp.run(backend, Duration.ofMillis(5), new MonotonicTime());

    assertThat(backend.largestBatch()).isEqualTo(2);
  }

  @Test
  void aModelWhoseOutputIsNoNumberIsFoundOut() {
    ArithmeticBackend backend = new ArithmeticBackend(16, 64, 100, 29);
    assertThat(WarmUp.run(backend, Duration.ofMillis(5), new MonotonicTime())).isTrue();

    backend.poison(0);
    assertThat(WarmUp.run(backend, Duration.ofMillis(5), new MonotonicTime())).isFalse();
  }

  @Test
  void withNoTimeItDoesNothing() {
    ArithmeticBackend backend = new ArithmeticBackend(16, 64, 100, 29);

    WarmUp.run(backend, Duration.ZERO, new ManualTime());

    assertThat(backend.largestBatch()).isZero();
  }
}
