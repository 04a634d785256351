package dev.inferscale.keda.trigger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.inferscale.signals.pool.PoolId;
import dev.inferscale.signals.profile.Signal;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

final class TriggerReaderTest {
  @Test
  void aPoolAloneIsEnough() throws Exception {
    TriggerReader.Reading reading = read(Map.of("pool", "chat-8b"));

    assertThat(reading.trigger())
        .isEqualTo(
            new Trigger(
                new PoolId("serving", "chat-8b"),
                Signal.TOKENS_IN_FLIGHT,
                OptionalDouble.empty(),
                16_000,
                0));
    assertThat(reading.warnings()).isEmpty();
  }

  @Test
  void everyKeyIsRead() throws Exception {
    Trigger trigger =
        read(Map.of(
                "pool", "chat",
                "signal", "inference_ttft_seconds",
                "target", "500m",
                "activationThreshold", "0.1",
                "quantile", "0.95"))
            .trigger();

    assertThat(trigger.signal()).isEqualTo(Signal.TIME_TO_FIRST_TOKEN);
    assertThat(trigger.target()).isEqualTo(0.5);
    assertThat(trigger.activationThreshold()).isEqualTo(0.1);
    assertThat(trigger.quantile()).hasValue(0.95);
  }

  @ParameterizedTest
  @EnumSource(Signal.class)
  void everySignalThatMayBeATargetHasOneOfItsOwn(Signal signal) throws Exception {
    Map<String, String> metadata = Map.of("pool", "chat", "signal", signal.wireName());

    if (signal.target() == Signal.Target.NONE) {
      assertThatThrownBy(() -> read(metadata))
          .isInstanceOf(BadTrigger.class)
          .hasMessageContaining("by which nothing can be scaled");
    } else {
      assertThat(read(metadata).trigger().target()).isPositive();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "pool | | pool is missing; name the ModelPool of the ScaledObject's own namespace",
        "pool | serving/chat | pool is 'serving/chat'; it must be the name of a ModelPool",
        "signal | inference_token_in_flight | did you mean inference_tokens_in_flight?",
        "signal | inference_replicas | by which nothing can be scaled",
        "target | 0 | target is '0'; it must be greater than 0, such as 16000",
        "target | -3 | target is '-3'; it must be greater than 0, such as 16000",
        "target | many | target is 'many'; it must be a number or a quantity, such as 16000",
        "target | NaN | target is 'NaN'; it must be a number or a quantity",
        "target | 1e99 | target is '1e99'; it must be a number or a quantity",
        "activationThreshold | -1 | activationThreshold is '-1'; it must be 0 or more",
        "quantile | 0.9 | quantile is '0.9', but inference_tokens_in_flight has no quantiles",
      })
  void whatNoPoolCouldMakeRightIsRefusedByItsKey(String key, String value, String sentence) {
    Map<String, String> metadata = new HashMap<>(Map.of("pool", "chat"));
    metadata.put(key, value == null ? "" : value);

    assertThatThrownBy(() -> read(metadata))
        .isInstanceOf(BadTrigger.class)
        .hasMessageContaining(sentence);
  }

  @Test
  void aQuantileLiesBetweenZeroAndOne() {
    Map<String, String> metadata =
        Map.of("pool", "chat", "signal", "inference_ttft_seconds", "quantile", "95");

    assertThatThrownBy(() -> read(metadata))
        .hasMessage("quantile is '95'; it must lie between 0 and 1, such as 0.9");
  }

  @Test
  void anUnknownKeyThatLooksLikeOursIsWarnedOf() throws Exception {
    TriggerReader.Reading reading =
        read(Map.of("pool", "chat", "activationTreshold", "5", "targets", "7"));

    assertThat(reading.warnings())
        .containsExactly(
            "the key 'activationTreshold' is not read; did you mean activationThreshold?",
            "the key 'targets' is not read; did you mean target?");
  }

  /// K04: a misspelt signal fell back to another without a word (pmady/keda-gpu-scaler#66).
  @Test
  void aMisspeltSignalIsRefusedAndTheMisspeltKeyBesideItIsNamed() {
    assertThatThrownBy(() ->
            read(
                Map.of(
                    "scalerAddress",
                    "inferscale-keda.inferscale:6000",
                    "pool",
                    "chat-9b",
                    "signal",
                    "inference_requests_waitng",
                    "target",
                    "4",
                    "activationTreshold",
                    "2")))
        .hasMessage(
            "signal is 'inference_requests_waitng', which there is not; did you mean"
                + " inference_requests_waiting?; the key 'activationTreshold' is not read; did you"
                + " mean activationThreshold?");
  }

  @Test
  void aMissingPoolNamesTheKeyThatWasMeant() {
    assertThatThrownBy(() -> read(Map.of("poool", "chat")))
        .hasMessageEndingWith("; the key 'poool' is not read; did you mean pool?");
  }

  @Test
  void whatIsKedasIsTolerated() throws Exception {
    TriggerReader.Reading reading =
        read(
            Map.of(
                "pool", "chat",
                "scalerAddress", "inferscale-keda.inferscale:6000",
                "enableTLS", "true",
                "unsafeSsl", "false",
                "passwordFromEnv", "hunter2"));

    assertThat(reading.warnings()).isEmpty();
  }

  @Test
  void aMetricIsKnownByItsNameInAnyCaseAndWithKedasPrefix() throws Exception {
    Trigger trigger = read(Map.of("pool", "chat")).trigger();

    assertThat(trigger.isAskedBy("inference_tokens_in_flight")).isTrue();
    assertThat(trigger.isAskedBy("INFERENCE_tokens_in_flight")).isTrue();
    assertThat(trigger.isAskedBy("s12-inference_tokens_in_flight")).isTrue();
    assertThat(trigger.isAskedBy("inference_requests_waiting")).isFalse();
  }

  @Test
  void metadataThatIsTooLargeIsRefused() {
    Map<String, String> metadata = new HashMap<>(Map.of("pool", "chat"));
    for (int i = 0; i < 64; i++) {
      metadata.put("key" + i, "");
    }

    assertThatThrownBy(() -> read(metadata))
        .hasMessage("the metadata has 65 keys; at most 64 are read");
  }

  private static TriggerReader.Reading read(Map<String, String> metadata) throws BadTrigger {
    return TriggerReader.read("serving", metadata);
  }
}
