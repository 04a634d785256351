package dev.inferscale.adapter.metricsapi;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.inferscale.adapter.wire.JsonPage;
import dev.inferscale.adapter.wire.Page;
import dev.inferscale.adapter.wire.Quoted;
import dev.inferscale.signals.snapshot.Answer;
import dev.inferscale.signals.snapshot.Pool;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Writes an `ExternalMetricValueList`.
final class ValueList {
  /// The label with the model's name as its user wrote it, which a selector often cannot spell.
  static final String MODEL_NAME = "model_name";

  /// What one pool contributes; the value is finite.
  record Item(Pool pool, Answer.Value value) {}

  private ValueList() {}

  /// @param wall now, from which ages are subtracted
  static Page page(String metric, List<Item> items, Instant wall) {
    return JsonPage.of(
        200,
        json -> {
          json.writeStartObject();
          json.writeStringField("kind", "ExternalMetricValueList");
          json.writeStringField("apiVersion", ExternalMetrics.GROUP_VERSION);
          json.writeObjectFieldStart("metadata");
          json.writeEndObject();
          json.writeArrayFieldStart("items");
          for (Item item : items) {
            write(json, metric, item, wall);
          }
          json.writeEndArray();
          json.writeEndObject();
        });
  }

  /// A label of a pool's item, null where it has no such label. Selectors see the same labels as
  /// readers of the answer.
  static @Nullable String label(Pool pool, String key) {
    return key.equals(MODEL_NAME) && !pool.model().isEmpty()
        ? Quoted.plain(pool.model())
        : pool.labels().get(key);
  }

  private static void write(JsonGenerator json, String metric, Item item, Instant wall)
      throws IOException {
    json.writeStartObject();
    json.writeStringField("metricName", metric);
    json.writeObjectFieldStart("metricLabels");
    for (String key : labelKeys(item.pool)) {
      json.writeStringField(key, label(item.pool, key));
    }
    json.writeEndObject();
    Instant taken = wall.minus(item.value.age()).truncatedTo(ChronoUnit.SECONDS);
    json.writeStringField("timestamp", taken.toString());
    Duration window = item.value.window();
    if (window != null) {
      // custom.metrics' name for it, windowSeconds, is quietly ignored here.
      json.writeNumberField("window", Math.max(1, window.toSeconds()));
    }
    json.writeStringField("value", Quantity.of(item.value.number()));
    json.writeEndObject();
  }

  private static SortedSet<String> labelKeys(Pool pool) {
    SortedSet<String> keys = new TreeSet<>(pool.labels().keySet());
    if (!pool.model().isEmpty()) {
      keys.add(MODEL_NAME);
    }
    return keys;
  }
}
