package dev.inferscale.signals.profile;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.inferscale.signals.document.NearestKey;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// One mapping of a YAML document, with its path, that notes faults instead of failing at the
/// first.
final class YamlFields {
  private static final int QUOTED = 64;

  private final String path;
  private final JsonNode node;
  private final List<String> faults;

  YamlFields(String path, JsonNode node, List<String> faults) {
    this.path = path;
    this.node = node;
    this.faults = faults;
    if (!node.isObject() && !node.isMissingNode()) {
      fault(path, "is " + shown(node) + "; it must be a mapping of keys to values");
    }
  }

  /// Notes every key that is not one of these, with the nearest that is.
  YamlFields allow(Collection<String> keys) {
    for (String key : keys()) {
      if (!keys.contains(key)) {
        String nearest =
            keys.stream().min(Comparator.comparingInt(k -> NearestKey.edits(k, key))).orElse("");
        fault(pathOf(key), "is no key here; did you mean " + nearest + "?");
      }
    }
    return this;
  }

  List<String> keys() {
    List<String> keys = new ArrayList<>();
    node.fieldNames().forEachRemaining(keys::add);
    return keys;
  }

  boolean has(String key) {
    return node.has(key);
  }

  JsonNode get(String key) {
    JsonNode value = node.get(key);
    return value == null ? MissingNode.getInstance() : value;
  }

  YamlFields mapping(String key) {
    return new YamlFields(pathOf(key), get(key), faults);
  }

  /// A text, empty where it is missing or none.
  String text(String key) {
    JsonNode value = get(key);
    if (value.isTextual() && !value.textValue().isBlank()) {
      return value.textValue();
    }
    fault(
        pathOf(key),
        value.isMissingNode() ? "is missing" : "is " + shown(value) + "; it must be a text");
    return "";
  }

  /// A finite number above zero.
  double positive(String key, double otherwise) {
    JsonNode value = get(key);
    if (value.isMissingNode()) {
      return otherwise;
    }
    // YAML reads 1e-6 as a text, since it lacks the dot.
    double number = value.isTextual() ? parsed(value.textValue()) : value.asDouble(Double.NaN);
    if (number > 0 && Double.isFinite(number)) {
      return number;
    }
    fault(pathOf(key), "is " + shown(value) + "; it must be a number above 0");
    return otherwise;
  }

  private static double parsed(String text) {
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException _) {
      return Double.NaN;
    }
  }

  boolean flag(String key) {
    JsonNode value = get(key);
    if (!value.isMissingNode() && !value.isBoolean()) {
      fault(pathOf(key), "is " + shown(value) + "; it must be true or false");
    }
    return value.asBoolean(false);
  }

  /// The elements of a list; none where the key is missing.
  List<JsonNode> list(String key) {
    JsonNode value = get(key);
    List<JsonNode> elements = new ArrayList<>();
    if (value.isArray()) {
      value.forEach(elements::add);
    } else if (!value.isMissingNode()) {
      fault(pathOf(key), "is " + shown(value) + "; it must be a list");
    }
    return elements;
  }

  /// The texts of a list; none where the key is missing.
  List<String> texts(String key) {
    List<String> texts = new ArrayList<>();
    for (JsonNode element : list(key)) {
      if (element.isTextual()) {
        texts.add(element.textValue());
      } else {
        fault(pathOf(key), "has the element " + shown(element) + "; it must be a text, in quotes");
      }
    }
    return texts;
  }

  /// For each key a list of texts.
  Map<String, List<String>> textLists() {
    Map<String, List<String>> lists = new LinkedHashMap<>();
    keys().forEach(key -> lists.put(key, texts(key)));
    return lists;
  }

  String pathOf(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  void fault(String at, String what) {
    faults.add((at.isEmpty() ? "the document" : at) + " " + what);
  }

  String path() {
    return path;
  }

  List<String> faults() {
    return faults;
  }

  static String shown(JsonNode node) {
    if (node.isMissingNode()) {
      return "missing";
    }
    String text = node.toString();
    return text.length() <= QUOTED ? text : text.substring(0, QUOTED) + "…";
  }
}
