package dev.inferscale.keda.trigger;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class DecimalQuantityTest {
  @ParameterizedTest
  @CsvSource({
    "8000, 8000",
    "0.5, 0.5",
    "500m, 0.5",
    "8k, 8000",
    "1.5k, 1500",
    "60Gi, 64424509440",
    "1e3, 1000",
    "1E3, 1000",
    "2E, ",
    "1u, 0.000001",
    ".5, 0.5",
    "5., 5",
    "+3, 3",
    "-3, -3"
  })
  void quantitiesAreReadAsKubernetesReadsThem(String text, Double number) {
    if (number == null) {
      assertThat(DecimalQuantity.parse(text)).isEmpty();
    } else {
      assertThat(DecimalQuantity.parse(text)).hasValue(number);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "m", "1.2.3", "0x10", "NaN", "Infinity", "1e999", "1 k", "1K", "٣", "1ee3"})
  void anythingElseIsNoQuantity(String text) {
    assertThat(DecimalQuantity.parse(text)).isEmpty();
  }
}
