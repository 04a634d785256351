package dev.inferscale.signals.document;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The values of one mapping of a document, with the defaults of its [Key]s. A value of the wrong
/// type reads as if it were not there: [DocumentCheck] has said so already.
public final class Section {
  private final JsonNode node;
  private final Kind.Mapping mapping;

  public Section(JsonNode node, Kind.Mapping mapping) {
    this.node = node;
    this.mapping = mapping;
  }

  /// Whether the document has the key, and not as null.
  public boolean has(String key) {
    return !written(key).isMissingNode();
  }

  /// A nested mapping; where it is missing, all its keys are.
  public Section section(String key) {
    return new Section(written(key), (Kind.Mapping) mapping.key(key).kind());
  }

  /// The mappings of a list.
  public List<Section> sections(String key) {
    Kind.Mapping item = (Kind.Mapping) ((Kind.Listing) mapping.key(key).kind()).item();
    List<Section> sections = new ArrayList<>();
    written(key).forEach(each -> sections.add(new Section(each, item)));
    return sections;
  }

  /// A text, or a number that stands for one; empty where there is neither value nor default.
  public String text(String key) {
    JsonNode value = written(key);
    boolean text = value.isTextual() || value.isNumber();
    return text ? value.asText() : preset(key, "");
  }

  /// The constant of an enum that a word stands for.
  public <E extends Enum<E>> E word(String key, Class<E> type) {
    return Enum.valueOf(type, text(key).toUpperCase(Locale.ROOT));
  }

  /// Null where there is neither value nor default.
  public @Nullable Duration duration(String key) {
    JsonNode value = written(key);
    String text = value.isTextual() ? value.asText() : preset(key, "");
    return DurationText.parse(text).orElse(null);
  }

  /// Null where there is neither value nor default.
  public @Nullable Double number(String key) {
    JsonNode value = written(key);
    if (value.isNumber()) {
      return value.asDouble();
    }
    String preset = preset(key, "");
    return preset.isEmpty() ? null : Double.valueOf(preset);
  }

  /// Null where there is neither value nor default.
  public @Nullable Integer whole(String key) {
    Double number = number(key);
    return number == null ? null : (Integer) number.intValue();
  }

  /// False where there is neither value nor default.
  public boolean flag(String key) {
    return written(key).asBoolean(Boolean.parseBoolean(preset(key, "false")));
  }

  /// The texts of a list.
  public List<String> texts(String key) {
    List<String> texts = new ArrayList<>();
    written(key).forEach(each -> texts.add(each.asText()));
    return texts;
  }

  /// The whole numbers of a list.
  public List<Integer> wholes(String key) {
    List<Integer> numbers = new ArrayList<>();
    written(key).forEach(each -> numbers.add(each.asInt()));
    return numbers;
  }

  /// How many items or keys there are; 0 where there is neither list nor mapping.
  public int size(String key) {
    return written(key).size();
  }

  /// A mapping of any keys to texts, in its order.
  public Map<String, String> textByKey(String key) {
    Map<String, String> texts = new LinkedHashMap<>();
    for (var entry : written(key).properties()) {
      texts.put(entry.getKey(), entry.getValue().asText());
    }
    return texts;
  }

  private JsonNode written(String key) {
    JsonNode value = node.get(key);
    return value == null || value.isNull() ? MissingNode.getInstance() : value;
  }

  private String preset(String key, String otherwise) {
    String preset = mapping.key(key).preset();
    return preset == null ? otherwise : preset;
  }
}
