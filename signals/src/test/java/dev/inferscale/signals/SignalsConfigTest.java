package dev.inferscale.signals;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.inferscale.signals.scrape.ScrapeLimits;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class SignalsConfigTest {
  private static final ScrapeLimits SCRAPE = ScrapeLimits.defaults();
  private static final Duration SECOND = Duration.ofSeconds(1);

  @Test
  void theDefaultsAreInRange() {
    assertThat(SignalsConfig.defaults().maxTargets()).isEqualTo(10_000);
  }

  @Test
  void whatIsOutOfRangeIsRefusedWithTheKeyAndTheRange() {
    assertThatThrownBy(() -> new SignalsConfig(SCRAPE, 0, 1, Duration.ZERO, SECOND))
        .hasMessage("maxTargets must be 1 to 100000");
    assertThatThrownBy(() -> new SignalsConfig(SCRAPE, 1, 0, Duration.ZERO, SECOND))
        .hasMessage("mailboxCapacity must be 1 to 1000000");
    assertThatThrownBy(() -> new SignalsConfig(SCRAPE, 1, 1, SECOND.multipliedBy(2), SECOND))
        .hasMessage("foldPause must be 0ms to 1s");
    assertThatThrownBy(() -> new SignalsConfig(SCRAPE, 1, 1, SECOND, Duration.ZERO))
        .hasMessage("foldPeriod must be foldPause to 5s, and not 0");
    assertThatThrownBy(() -> new ScrapeLimits(Duration.ZERO, 1 << 20, 2 << 20, 1))
        .hasMessage("timeout must be 100ms to 30s");
    assertThatThrownBy(() -> new ScrapeLimits(SECOND, 1, 2 << 20, 1))
        .hasMessage("maxBodyBytes must be 65536 to 268435456");
    assertThatThrownBy(() -> new ScrapeLimits(SECOND, 1 << 20, (2 << 20) - 1, 1))
        .hasMessage("maxBufferedBytes must be at least twice maxBodyBytes, and at most 1073741824");
    assertThatThrownBy(() -> new ScrapeLimits(SECOND, 1 << 20, 2 << 20, 0))
        .hasMessage("maxConcurrentFetches must be 1 to 100000");
  }
}
