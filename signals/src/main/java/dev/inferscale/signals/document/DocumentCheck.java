package dev.inferscale.signals.document;

import static dev.inferscale.signals.document.Quoted.cut;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Holds a document to its [Key]s and reports everything that is wrong with it at once.
public final class DocumentCheck {
  private static final Pattern BLANK = Pattern.compile("[\\t\\n\\r ]*");
  private static final Pattern PLACEHOLDER = Pattern.compile("\\{(\\w+)}");

  private final BiConsumer<String, String> faults;

  /// Null where it is itself at fault: then nothing is said of what follows from it.
  private final @Nullable Duration interval;

  /// @param faults takes path and problem
  public DocumentCheck(@Nullable Duration interval, BiConsumer<String, String> faults) {
    this.interval = interval;
    this.faults = faults;
  }

  /// Checks a mapping; one that is missing has none of its keys.
  public void mapping(JsonNode node, String path, Kind.Mapping mapping) {
    if (!node.isMissingNode() && !node.isObject()) {
      faults.accept(path, "is " + Quoted.value(node) + " but must be " + mapping.wanted());
      return;
    }
    for (Key key : mapping.keys()) {
      key(key, node, at(path, key.name()));
    }
    Section section = new Section(node, mapping);
    for (Rule rule : mapping.rules()) {
      if (!rule.holds().test(section)) {
        faults.accept(at(path, rule.key()), filled(rule.sentence(), section));
      }
    }
    unknown(node, path, mapping);
  }

  private void key(Key key, JsonNode parent, String path) {
    JsonNode value = parent.path(key.name());
    boolean missing = value.isMissingNode() || value.isNull();
    if (key.required() != null && (missing || empty(value))) {
      faults.accept(path, "is missing; " + key.required());
    } else if (!missing) {
      value(value, path, key.kind());
    } else if (key.kind() instanceof Kind.Mapping mapping && key.preset() != null) {
      mapping(MissingNode.getInstance(), path, mapping);
    }
  }

  private static boolean empty(JsonNode value) {
    return value.isTextual()
        ? BLANK.matcher(value.asText()).matches()
        : value.isArray() && value.isEmpty();
  }

  private void value(JsonNode value, String path, Kind kind) {
    switch (kind) {
      case Kind.Text text -> text(value, path, text);
      case Kind.Word word -> word(value, path, word);
      case Kind.Span span -> duration(value, path, span);
      case Kind.Intervals intervals when interval != null ->
          duration(value, path, intervals.over(interval));
      case Kind.Decimal decimal -> number(value, path, decimal);
      case Kind.Whole whole -> whole(value, path, whole);
      case Kind.Flag flag -> refuseUnless(value.isBoolean(), value, path, flag);
      case Kind.Listing listing -> listing(value, path, listing);
      case Kind.Labels labels -> labels(value, path, labels);
      case Kind.Mapping mapping -> mapping(value, path, mapping);
      case Kind.Unserved unserved -> faults.accept(path, unserved.sentence());
      case Kind.Intervals _, Kind.Moment _, Kind.ReadOver _ -> {}
    }
  }

  private void refuseUnless(boolean good, JsonNode value, String path, Kind kind) {
    if (!good) {
      faults.accept(path, "is " + Quoted.value(value) + " but must be " + kind.wanted());
    }
  }

  private void text(JsonNode value, String path, Kind.Text kind) {
    if (!value.isTextual() && !value.isNumber()) {
      faults.accept(path, "is " + Quoted.value(value) + " but must be a text");
      return;
    }
    String text = value.asText();
    if (text.codePointCount(0, text.length()) > kind.most()) {
      faults.accept(path, "is longer than " + kind.most() + " characters");
      return;
    }
    kind.forms().stream()
        .filter(form -> !form.holds(text))
        .findFirst()
        .ifPresent(form -> faults.accept(path, form.problem(text)));
  }

  private void word(JsonNode value, String path, Kind.Word kind) {
    if (!value.isTextual() && !value.isNumber()) {
      faults.accept(path, "is " + Quoted.value(value) + " but must be a text");
    } else {
      refuseUnless(kind.words().contains(value.asText()), value, path, kind);
    }
  }

  private void duration(JsonNode value, String path, Kind.Span kind) {
    Optional<Duration> duration =
        value.isTextual() ? DurationText.parse(value.asText()) : Optional.empty();
    if (duration.isEmpty()) {
      refuseUnless(false, value, path, kind);
    } else if (!kind.holds(duration.get())) {
      faults.accept(path, "is " + Quoted.value(value) + " but must be " + kind.range());
    }
  }

  private void number(JsonNode value, String path, Kind.Decimal kind) {
    double number = value.isNumber() ? value.asDouble() : Double.NaN;
    refuseUnless(number >= kind.least() && number <= kind.most(), value, path, kind);
  }

  private void whole(JsonNode value, String path, Kind.Whole kind) {
    boolean whole = value.isIntegralNumber() && value.canConvertToInt();
    if (!whole || value.asInt() < kind.least() || value.asInt() > kind.most()) {
      String found = value.isNumber() ? Quoted.text(value.asText()) : Quoted.value(value);
      faults.accept(path, "is " + found + " but must be " + kind.wanted());
    }
  }

  private void listing(JsonNode value, String path, Kind.Listing kind) {
    if (!value.isArray() || value.size() > kind.most()) {
      String found =
          value.isArray() ? "has " + value.size() + " items" : "is " + Quoted.value(value);
      faults.accept(path, found + " but must be " + kind.wanted());
      return;
    }
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < value.size(); i++) {
      String item = path + "[" + i + "]";
      if (kind.distinct() && !seen.add(value.get(i).asText())) {
        faults.accept(item, "is listed twice");
      } else {
        item(value.get(i), item, kind.item());
      }
    }
  }

  /// In lists and under free keys a number stands for no text.
  private void item(JsonNode value, String path, Kind kind) {
    if (kind instanceof Kind.Text && !value.isTextual()) {
      faults.accept(path, "is " + Quoted.value(value) + " but must be a text");
    } else {
      value(value, path, kind);
    }
  }

  private void labels(JsonNode value, String path, Kind.Labels kind) {
    if (!value.isObject() || value.size() > kind.most()) {
      String found =
          value.isObject() ? "has " + value.size() + " keys" : "is " + Quoted.value(value);
      faults.accept(path, found + " but must be " + kind.wanted());
      return;
    }
    for (var entry : value.properties()) {
      if (!kind.key().holds(entry.getKey())) {
        faults.accept(path, kind.key().problem(entry.getKey()));
      }
      item(entry.getValue(), path + "." + cut(entry.getKey()), kind.value());
    }
  }

  /// Every key that nobody knows, with the nearest one that somebody does.
  private void unknown(JsonNode node, String path, Kind.Mapping mapping) {
    List<String> known = mapping.names();
    for (var entry : node.properties()) {
      if (!known.contains(entry.getKey())) {
        String hint =
            NearestKey.of(entry.getKey(), known)
                .map(near -> "; did you mean " + near + "?")
                .orElse("; known here: " + String.join(", ", known));
        faults.accept(at(path, cut(entry.getKey())), "unknown key" + hint);
      }
    }
  }

  private static String filled(String sentence, Section section) {
    return PLACEHOLDER
        .matcher(sentence)
        .replaceAll(key -> Matcher.quoteReplacement(section.text(key.group(1))));
  }

  private static String at(String path, String key) {
    return path.isEmpty() ? key : path + "." + key;
  }
}
