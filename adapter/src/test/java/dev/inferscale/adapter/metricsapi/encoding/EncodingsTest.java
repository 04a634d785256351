package dev.inferscale.adapter.metricsapi.encoding;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.adapter.metricsapi.Vectors;
import dev.inferscale.adapter.metricsapi.encoding.MetricValues.Item;
import dev.inferscale.adapter.metricsapi.encoding.MetricValues.ObjectReference;
import dev.inferscale.adapter.metricsapi.selector.BadSelector;
import dev.inferscale.adapter.metricsapi.selector.LabelSelector;
import dev.inferscale.adapter.metricsapi.selector.SelectorDocument;
import dev.inferscale.adapter.wire.Negotiation.Form;
import dev.inferscale.adapter.wire.Page;
import dev.inferscale.signals.snapshot.Answer;
import dev.inferscale.signals.snapshot.Quality;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Byte for byte what Kubernetes' own encoders write for the same values.
class EncodingsTest {
  private static final Instant TAKEN = Instant.parse("2026-01-02T03:04:05.678901234Z");
  private static final Duration MINUTE = Duration.ofSeconds(60);
  private static final ObjectReference POD = new ObjectReference("Pod", "default", "llm-0", "/v1");

  static List<List<String>> lists() {
    return Vectors.read("encodings.tsv").stream()
        .filter(row -> !row.getFirst().startsWith("status"))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("lists")
  void aListIsWrittenAsKubernetesWritesIt(List<String> row) throws BadSelector {
    MetricValues values = values(row.getFirst());

    Page json = values.page(Form.JSON, false);
    Page protobuf = values.page(Form.PROTOBUF, false);

    assertThat(new String(json.body(), UTF_8)).isEqualTo(row.get(1) + "\n");
    assertThat(json.contentType()).isEqualTo("application/json");
    assertThat(HexFormat.of().formatHex(protobuf.body())).isEqualTo(row.get(2));
    assertThat(protobuf.contentType()).isEqualTo("application/vnd.kubernetes.protobuf");
  }

  private static MetricValues values(String name) throws BadSelector {
    return switch (name) {
      case "external" ->
          list(
              MetricsVersion.EXTERNAL_V1BETA1,
              null,
              item(Map.of("model", "llama-3", "cluster", "a"), null, 1.5, MINUTE),
              item(Map.of(), null, 42, null));
      case "custom-v1beta1" ->
          list(MetricsVersion.CUSTOM_V1BETA1, null, item(Map.of(), POD, 2.5, MINUTE));
      case "custom-v1beta1-selector" ->
          list(MetricsVersion.CUSTOM_V1BETA1, selector(), item(Map.of(), POD, 2.5, MINUTE));
      case "custom-v1beta2" ->
          list(MetricsVersion.CUSTOM_V1BETA2, null, item(Map.of(), POD, 2.5, null));
      case "custom-v1beta2-selector" ->
          list(MetricsVersion.CUSTOM_V1BETA2, selector(), item(Map.of(), POD, 2.5, MINUTE));
      case "custom-v1beta2-namespace" ->
          list(
              MetricsVersion.CUSTOM_V1BETA2,
              null,
              item(Map.of(), new ObjectReference("Namespace", "", "serving", "/v1"), -3, null));
      default -> throw new IllegalArgumentException(name);
    };
  }

  private static SelectorDocument selector() throws BadSelector {
    return SelectorDocument.of(LabelSelector.parse("pool=chat,!role,model in (y,x),a==b"));
  }

  private static MetricValues list(
      MetricsVersion version, @Nullable SelectorDocument selector, Item... items) {
    return new MetricValues(version, "queue_depth", "requests", selector, List.of(items));
  }

  private static Item item(
      Map<String, String> labels,
      @Nullable ObjectReference object,
      double number,
      @Nullable Duration window) {
    Answer.Value value =
        new Answer.Value(number, Duration.ZERO, window, Quality.EXACT, 1, 1, List.of("s"), "");
    return new Item(new TreeMap<>(labels), object, TAKEN, value);
  }
}
