package dev.inferscale.signals.pool;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// One mapping of a document while it is read: each call takes one key, reports what is wrong with
/// it and goes on with the default, so that all faults are found at once. [#end] then reports the
/// keys that nobody asked for.
final class Section {
  private static final int MAX_QUOTED = 64;

  private final JsonNode node;
  private final String path;
  private final BiConsumer<String, String> faults;
  private final Set<String> known = new LinkedHashSet<>();

  /// @param faults takes path and problem
  Section(JsonNode node, String path, BiConsumer<String, String> faults) {
    this.node = node;
    this.path = path;
    this.faults = faults;
    if (!node.isMissingNode() && !node.isNull() && !node.isObject()) {
      faults.accept(path, "is " + quote(node) + " but must be a mapping of keys to values");
    }
  }

  /// A nested mapping; where it is missing, all its keys are.
  Section section(String key) {
    JsonNode child = take(key);
    return new Section(child == null ? MissingNode.getInstance() : child, at(key), faults);
  }

  /// A list of mappings; empty where the key is missing.
  List<Section> sections(String key, int most) {
    JsonNode value = take(key);
    if (value == null) {
      return List.of();
    }
    if (!value.isArray() || value.size() > most) {
      fault(key, listOf(value) + " but must be a list of at most " + most + " mappings");
      return List.of();
    }
    List<Section> sections = new ArrayList<>();
    for (int i = 0; i < value.size(); i++) {
      sections.add(new Section(value.get(i), at(key) + "[" + i + "]", faults));
    }
    return sections;
  }

  /// A mapping of any keys to texts, in its order; empty where the key is missing.
  Map<String, String> textByKey(String key, int most) {
    JsonNode value = take(key);
    if (value == null) {
      return Map.of();
    }
    if (!value.isObject() || value.size() > most) {
      String found = value.isObject() ? "has " + value.size() + " keys" : "is " + quote(value);
      fault(key, found + " but must be a mapping of at most " + most + " keys to texts");
      return Map.of();
    }
    Map<String, String> texts = new LinkedHashMap<>();
    for (var entry : value.properties()) {
      if (entry.getValue().isTextual()) {
        texts.put(entry.getKey(), entry.getValue().asText());
      } else {
        fault(key + "." + cut(entry.getKey()), wrong(entry.getValue()) + " but must be a text");
      }
    }
    return texts;
  }

  /// A list of whole numbers within a range; empty where the key is missing.
  List<Integer> wholes(String key, int most, int least, int greatest) {
    JsonNode value = take(key);
    if (value == null) {
      return List.of();
    }
    if (!value.isArray() || value.size() > most) {
      fault(key, listOf(value) + " but must be a list of at most " + most + " whole numbers");
      return List.of();
    }
    List<Integer> numbers = new ArrayList<>();
    for (int i = 0; i < value.size(); i++) {
      JsonNode item = value.get(i);
      if (item.isIntegralNumber() && item.canConvertToInt() && !outside(item, least, greatest)) {
        numbers.add(item.asInt());
      } else {
        fault(
            key + "[" + i + "]",
            wrong(item) + " but must be a whole number from " + least + " to " + greatest);
      }
    }
    return numbers;
  }

  /// `true` or `false`; false where the key is missing.
  boolean flag(String key) {
    JsonNode value = take(key);
    if (value != null && !value.isBoolean()) {
      fault(key, wrong(value) + " but must be true or false");
    }
    return value != null && value.asBoolean(false);
  }

  boolean has(String key) {
    return take(key) != null;
  }

  /// A text; null where the key is missing.
  @Nullable String text(String key) {
    JsonNode value = take(key);
    if (value == null) {
      return null;
    }
    if (!value.isTextual() && !value.isNumber()) {
      fault(key, "is " + quote(value) + " but must be a text");
      return null;
    }
    return value.asText();
  }

  String text(String key, String fallback) {
    String text = text(key);
    return text == null ? fallback : text;
  }

  /// A text that must be there.
  String required(String key, String what) {
    String text = text(key);
    if ((text == null || text.isBlank()) && !refused(key)) {
      fault(key, "is missing; " + what);
    }
    return text == null ? "" : text;
  }

  /// A duration within a range; `fallback` (which may lie outside of it) where the key is missing.
  @Nullable Duration duration(
      String key, @Nullable Duration fallback, Duration least, Duration most) {
    JsonNode value = take(key);
    if (value == null) {
      return fallback;
    }
    String range = "from " + DurationText.of(least) + " to " + DurationText.of(most);
    Optional<Duration> duration =
        value.isTextual() ? DurationText.parse(value.asText()) : Optional.empty();
    if (duration.isEmpty()) {
      fault(
          key, "is " + quote(value) + " but must be a duration such as 2s, 500ms or 5m, " + range);
      return fallback;
    }
    if (duration.get().compareTo(least) < 0 || duration.get().compareTo(most) > 0) {
      fault(key, "is " + quote(value) + " but must be " + range);
      return fallback;
    }
    return duration.get();
  }

  /// A number within a range; null where the key is missing.
  @Nullable Double number(String key, double least, double most) {
    JsonNode value = take(key);
    if (value == null) {
      return null;
    }
    double number = value.isNumber() ? value.asDouble() : Double.NaN;
    if (!(number >= least && number <= most)) {
      fault(key, "is " + quote(value) + " but must be a number from " + least + " to " + most);
      return null;
    }
    return number;
  }

  /// A whole number within a range; null where the key is missing.
  @Nullable Integer whole(String key, int least, int most) {
    JsonNode value = take(key);
    if (value == null) {
      return null;
    }
    if (!value.isIntegralNumber() || !value.canConvertToInt() || outside(value, least, most)) {
      fault(
          key, "is " + quote(value) + " but must be a whole number from " + least + " to " + most);
      return null;
    }
    return value.asInt();
  }

  /// One of an enum's words, lower case.
  <E extends Enum<E>> E word(String key, Class<E> type, E fallback) {
    Map<String, E> constants = new LinkedHashMap<>();
    for (E constant : type.getEnumConstants()) {
      constants.put(constant.name().toLowerCase(Locale.ROOT), constant);
    }
    return constants.getOrDefault(oneOf(key, List.copyOf(constants.keySet()), ""), fallback);
  }

  /// One of these words.
  String oneOf(String key, List<String> words, String fallback) {
    String text = text(key);
    if (text == null || words.contains(text)) {
      return text == null ? fallback : text;
    }
    fault(key, "is " + quote(text) + " but must be one of " + String.join(", ", words));
    return fallback;
  }

  boolean emptyList(String key) {
    JsonNode value = take(key);
    return value != null && value.isArray() && value.isEmpty();
  }

  boolean emptyMapping(String key) {
    JsonNode value = take(key);
    return value != null && value.isObject() && value.isEmpty();
  }

  /// A list of texts; empty where the key is missing.
  List<String> texts(String key, int most) {
    JsonNode value = take(key);
    if (value == null) {
      return List.of();
    }
    if (!value.isArray() || value.size() > most) {
      fault(key, listOf(value) + " but must be a list of at most " + most + " texts");
      return List.of();
    }
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < value.size(); i++) {
      if (value.get(i).isTextual()) {
        texts.add(value.get(i).asText());
      } else {
        fault(key + "[" + i + "]", "is " + quote(value.get(i)) + " but must be a text");
      }
    }
    return texts;
  }

  /// Reports one problem of a key of this section.
  void fault(String key, String problem) {
    faults.accept(at(key), problem);
  }

  /// Reports every key that was not asked for, with the nearest one that would have been.
  void end() {
    for (var entry : node.properties()) {
      if (!known.contains(entry.getKey())) {
        String hint =
            NearestKey.of(entry.getKey(), known)
                .map(near -> "; did you mean " + near + "?")
                .orElse("; known here: " + String.join(", ", known));
        faults.accept(at(cut(entry.getKey())), "unknown key" + hint);
      }
    }
  }

  /// A value from the document as it may be shown: short and on one line.
  static String quote(String text) {
    return "'" + cut(text) + "'";
  }

  private static String wrong(JsonNode value) {
    return "is " + quote(value);
  }

  private static String listOf(JsonNode value) {
    return value.isArray() ? "has " + value.size() + " items" : wrong(value);
  }

  private static String quote(JsonNode value) {
    return value.isContainerNode()
        ? "a " + (value.isArray() ? "list" : "mapping")
        : quote(value.asText());
  }

  private static String cut(String text) {
    String line = text.replaceAll("\\p{Cntrl}", " ");
    return line.length() <= MAX_QUOTED ? line : line.substring(0, MAX_QUOTED) + "...";
  }

  private static boolean outside(JsonNode value, int least, int most) {
    return value.asInt() < least || value.asInt() > most;
  }

  /// True where the key holds something that [#text] has already refused.
  private boolean refused(String key) {
    JsonNode value = take(key);
    return value != null && !value.isTextual() && !value.isNumber();
  }

  private @Nullable JsonNode take(String key) {
    known.add(key);
    JsonNode value = node.get(key);
    return value == null || value.isNull() ? null : value;
  }

  private String at(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }
}
