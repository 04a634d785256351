package dev.inferscale.adapter.metricsapi.encoding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.inferscale.adapter.metricsapi.Vectors;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class QuantityTest {

  static List<List<String>> vectors() {
    return Vectors.read("quantities.tsv");
  }

  @ParameterizedTest
  @MethodSource("vectors")
  void readsTextAsKubernetesDoes(List<String> vector) {
    Optional<Quantity> quantity = Quantity.parse(vector.getFirst());

    if (vector.get(1).equals("ERROR")) {
      assertThat(quantity).isEmpty();
    } else {
      assertThat(quantity).map(Quantity::toString).hasValue(vector.get(1));
      if (!vector.get(2).equals("-")) {
        assertThat(quantity).map(q -> q.milliCeiling().toString()).hasValue(vector.get(2));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "-0.0, 0",
    "1, 1",
    "1000, 1k",
    "1001, 1001",
    "1024, 1024",
    "1500, 1500",
    "100000, 100k",
    "1500000, 1500k",
    "1e6, 1M",
    "1.5, 1500m",
    "-2.5, -2500m",
    "0.3, 300m",
    "1.9999, 2",
    "0.0005, 1m",
    "0.00049, 0",
    "-0.0005, 0",
    "123456.789, 123456789m",
    "1e15, 1P",
  })
  void writesNumbersInMilliUnits(double number, String text) {
    assertThat(Quantity.of(number)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({"1e300, 9200T", "9.3e15, 9200T", "-1e300, -9200T"})
  void clampsWhatWouldWrapAroundInTheClient(double number, String text) {
    assertThat(Quantity.of(number)).isEqualTo(text);
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
  void hasNoTextForWhatIsNoNumber(double number) {
    assertThatThrownBy(() -> Quantity.of(number)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void refusesTextThatWouldCostMuchToRead() {
    assertThat(Quantity.parse("1".repeat(65))).isEmpty();
    assertThat(Quantity.parse("1e9999")).isEmpty();
    assertThat(Quantity.parse("m")).isEmpty();
  }
}
