package dev.inferscale.adapter.metricsapi.encoding;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.inferscale.adapter.metricsapi.encoding.MetricValues.Item;
import dev.inferscale.adapter.metricsapi.encoding.MetricValues.ObjectReference;
import dev.inferscale.adapter.wire.JsonPage;
import dev.inferscale.adapter.wire.Page;
import dev.inferscale.signals.snapshot.Answer;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/// Lists of values as the table that `kubectl get` prints: one row per value, numbers as people
/// write them. Columns of priority 1 show with `-o wide`.
final class ValuesTable {
  private record Column(
      String name, int priority, String description, Function<Item, String> cell) {}

  private static final Column OBJECT =
      new Column("Object", 0, "What the value describes.", ValuesTable::object);

  private ValuesTable() {}

  static Page page(MetricValues values, String apiVersion, boolean indented) {
    List<Column> columns = columns(values);
    return JsonPage.of(
        200,
        indented,
        json -> {
          json.writeStartObject();
          json.writeStringField("kind", "Table");
          json.writeStringField("apiVersion", apiVersion);
          json.writeObjectFieldStart("metadata");
          json.writeEndObject();
          writeColumns(json, columns);
          writeRows(json, columns, values);
          json.writeEndObject();
        });
  }

  private static List<Column> columns(MetricValues values) {
    List<Column> measured =
        List.of(
            new Column("Pool", 0, "The ModelPool that was measured.", label("pool")),
            new Column("Model", 0, "Its model, as selectors spell it.", label("model")),
            new Column("Value", 0, "A decimal number.", item -> decimal(item.value())),
            new Column("Unit", 0, "Of the value.", _ -> values.unit()),
            new Column("Age", 0, "Of the oldest reading in it.", item -> age(item.value())),
            new Column("Quality", 0, "How far to trust it.", item -> quality(item.value())),
            new Column("Targets", 0, "Targets covered, of all.", item -> targets(item.value())),
            new Column("Window", 1, "Over which it was computed.", ValuesTable::window),
            new Column("From", 1, "The engine's series.", item -> from(item.value())),
            new Column("Note", 1, "What to know about it.", item -> item.value().note()));
    return values.version().isCustom()
        ? Stream.concat(Stream.of(OBJECT), measured.stream()).toList()
        : measured;
  }

  private static void writeColumns(JsonGenerator json, List<Column> columns) throws IOException {
    json.writeArrayFieldStart("columnDefinitions");
    for (Column column : columns) {
      json.writeStartObject();
      json.writeStringField("name", column.name);
      json.writeStringField("type", "string");
      json.writeStringField("format", "");
      json.writeStringField("description", column.description);
      json.writeNumberField("priority", column.priority);
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private static void writeRows(JsonGenerator json, List<Column> columns, MetricValues values)
      throws IOException {
    json.writeArrayFieldStart("rows");
    for (Item item : values.items()) {
      json.writeStartObject();
      json.writeArrayFieldStart("cells");
      for (Column column : columns) {
        json.writeString(column.cell.apply(item));
      }
      json.writeEndArray();
      json.writeNullField("object");
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private static Function<Item, String> label(String key) {
    return item -> item.labels().getOrDefault(key, "");
  }

  private static String object(Item item) {
    ObjectReference object = item.object();
    return object == null ? "" : object.kind() + "/" + object.name();
  }

  /// The same thousandths as the quantity.
  private static String decimal(Answer.Value value) {
    BigDecimal number = Quantity.parse(Quantity.of(value.number())).orElseThrow().value();
    return number.setScale(3, RoundingMode.HALF_UP).stripTrailingZeros().toPlainString();
  }

  private static String age(Answer.Value value) {
    return value.age().toSeconds() + "s";
  }

  private static String quality(Answer.Value value) {
    return value.quality().word();
  }

  private static String from(Answer.Value value) {
    return String.join(",", value.from());
  }

  private static String window(Item item) {
    Duration window = item.value().window();
    return window == null ? "" : item.windowSeconds() + "s";
  }

  private static String targets(Answer.Value value) {
    return value.targetsCovered() + "/" + value.targetsTotal();
  }
}
