package dev.inferscale.adapter.metricsapi.encoding;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.inferscale.adapter.metricsapi.encoding.MetricValues.Item;
import dev.inferscale.adapter.metricsapi.encoding.MetricValues.ObjectReference;
import dev.inferscale.adapter.metricsapi.selector.SelectorDocument;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Lists of values as JSON, field for field as Kubernetes' own types print them.
final class ValuesJson {
  private ValuesJson() {}

  static void write(JsonGenerator json, MetricValues values) throws IOException {
    json.writeStartObject();
    json.writeStringField("kind", values.version().listKind());
    json.writeStringField("apiVersion", values.version().groupVersion());
    json.writeObjectFieldStart("metadata");
    json.writeEndObject();
    json.writeArrayFieldStart("items");
    for (Item item : values.items()) {
      json.writeStartObject();
      switch (values.version()) {
        case EXTERNAL_V1BETA1 -> external(json, values, item);
        case CUSTOM_V1BETA1 -> customBeta1(json, values, item);
        case CUSTOM_V1BETA2 -> customBeta2(json, values, item);
      }
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  private static void external(JsonGenerator json, MetricValues values, Item item)
      throws IOException {
    json.writeStringField("metricName", values.metric());
    json.writeObjectFieldStart("metricLabels");
    for (Map.Entry<String, String> label : item.labels().entrySet()) {
      json.writeStringField(label.getKey(), label.getValue());
    }
    json.writeEndObject();
    // custom.metrics' newer name for it, windowSeconds, is quietly ignored here.
    measured(json, item, "window");
  }

  private static void customBeta1(JsonGenerator json, MetricValues values, Item item)
      throws IOException {
    object(json, item.object());
    json.writeStringField("metricName", values.metric());
    measured(json, item, "window");
    selector(json, values.selector());
  }

  private static void customBeta2(JsonGenerator json, MetricValues values, Item item)
      throws IOException {
    object(json, item.object());
    json.writeObjectFieldStart("metric");
    json.writeStringField("name", values.metric());
    selector(json, values.selector());
    json.writeEndObject();
    measured(json, item, "windowSeconds");
  }

  private static void measured(JsonGenerator json, Item item, String windowField)
      throws IOException {
    json.writeStringField("timestamp", item.taken().toString());
    if (item.windowSeconds() > 0) {
      json.writeNumberField(windowField, item.windowSeconds());
    }
    json.writeStringField("value", item.quantity());
  }

  private static void object(JsonGenerator json, @Nullable ObjectReference object)
      throws IOException {
    json.writeObjectFieldStart("describedObject");
    if (object != null) {
      text(json, "kind", object.kind());
      text(json, "namespace", object.namespace());
      text(json, "name", object.name());
      text(json, "apiVersion", object.apiVersion());
    }
    json.writeEndObject();
  }

  private static void text(JsonGenerator json, String field, String value) throws IOException {
    if (!value.isEmpty()) {
      json.writeStringField(field, value);
    }
  }

  private static void selector(JsonGenerator json, @Nullable SelectorDocument selector)
      throws IOException {
    if (selector == null) {
      json.writeNullField("selector");
      return;
    }
    json.writeObjectFieldStart("selector");
    if (!selector.matchLabels().isEmpty()) {
      json.writeObjectFieldStart("matchLabels");
      for (Map.Entry<String, String> label : selector.matchLabels().entrySet()) {
        json.writeStringField(label.getKey(), label.getValue());
      }
      json.writeEndObject();
    }
    if (!selector.matchExpressions().isEmpty()) {
      json.writeArrayFieldStart("matchExpressions");
      for (SelectorDocument.Expression expression : selector.matchExpressions()) {
        expression(json, expression);
      }
      json.writeEndArray();
    }
    json.writeEndObject();
  }

  private static void expression(JsonGenerator json, SelectorDocument.Expression expression)
      throws IOException {
    json.writeStartObject();
    json.writeStringField("key", expression.key());
    json.writeStringField("operator", expression.operator());
    if (!expression.values().isEmpty()) {
      json.writeArrayFieldStart("values");
      for (String value : expression.values()) {
        json.writeString(value);
      }
      json.writeEndArray();
    }
    json.writeEndObject();
  }
}
