package dev.inferscale.keda.trigger;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.util.Map;
import java.util.OptionalDouble;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.BigRange;
import net.jqwik.api.constraints.Scale;
import net.jqwik.api.constraints.Size;

final class TriggerReaderProperties {
  private static final String SECRET = "hunter2-is-a-secret";

  @Property(tries = 5_000)
  void anyMetadataIsReadOrRefusedAndNoForeignValueIsEverQuoted(
      @ForAll("metadata") @Size(max = 12) Map<String, String> metadata, @ForAll String namespace) {
    String said;
    try {
      TriggerReader.Reading reading = TriggerReader.read(namespace, metadata);
      Trigger trigger = reading.trigger();
      assertThat(trigger.target()).isFinite().isPositive();
      assertThat(trigger.activationThreshold()).isFinite().isNotNegative();
      assertThat(trigger.pool().name()).isEqualTo(metadata.getOrDefault("pool", "").strip());
      said = String.join("\n", reading.warnings());
    } catch (BadTrigger bad) {
      said = bad.sentence();
      assertThat(said).isNotBlank().hasSizeLessThan(600).doesNotContainPattern("\\p{Cntrl}");
    }
    assertThat(said).doesNotContain(SECRET);
  }

  @Provide
  Arbitrary<Map<String, String>> metadata() {
    Arbitrary<String> keys =
        Arbitraries.oneOf(
            Arbitraries.of("pool", "signal", "target", "activationThreshold", "quantile", "Pool"),
            Arbitraries.strings().ofMaxLength(80));
    Arbitrary<String> values =
        Arbitraries.oneOf(
            Arbitraries.of("chat", "inference_ttft_seconds", "0.9", "500m", "1e9", "-0", "NaN"),
            Arbitraries.strings().ofMaxLength(300));
    return Arbitraries.maps(keys, values)
        .ofMaxSize(10)
        .map(map -> {
          map.put("apiKeyFromEnv", SECRET);
          map.put("tokenn", SECRET);
          return map;
        });
  }

  @Property
  void aDecimalIsReadExactlyAsKubernetesMeansIt(
      @ForAll @BigRange(min = "0.001", max = "1000000") @Scale(3) BigDecimal number) {
    double expected = number.doubleValue();

    assertThat(DecimalQuantity.parse(number.toPlainString())).hasValue(expected);
    assertThat(DecimalQuantity.parse(number.movePointRight(3).toBigInteger() + "m"))
        .isEqualTo(OptionalDouble.of(expected));
  }
}
