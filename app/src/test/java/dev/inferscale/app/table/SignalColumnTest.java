package dev.inferscale.app.table;

import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.signals.profile.Signal;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SignalColumnTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "TOKENS_IN_FLIGHT             | 12345.4 | 12,345",
        "GENERATION_TOKENS_PER_SECOND | 0.4     | 0",
        "QUEUE_WAIT                   | 0       | 0 ms",
        "QUEUE_WAIT                   | 0.9994  | 999 ms",
        "TIME_TO_FIRST_TOKEN          | 1       | 1.0 s",
        "TIME_TO_FIRST_TOKEN          | 0.9996  | 1.0 s",
        "KV_CACHE_UTILIZATION         | 0.877   | 87.7 %",
      })
  void aValueIsShownAsItsUnitIsRead(Signal signal, double value, String shown) {
    String cell = new SignalColumn("TITLE", signal).cell(value);

    assertThat(cell.strip()).isEqualTo(shown);
    assertThat(cell).hasSize(new SignalColumn("TITLE", signal).head().length());
  }
}
