package dev.inferscale.e2e;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.inferscale.signals.document.DurationText;
import dev.inferscale.signals.document.Key;
import dev.inferscale.signals.document.Kind;
import dev.inferscale.signals.document.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;

/// The structural schema of keys. Ranges and words are CEL rules rather than `minimum`, `enum` or
/// `required`, so that the API server refuses a value in the reader's words; limits of length and
/// number are the schema's own, which bound what the rules cost.
final class PoolSchema {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String RULES = "x-kubernetes-validations";
  private static final String NOT_BLANK = "[^\\t\\n\\r ]";

  /// One rule.
  ///
  /// @param rule CEL, true where all is well
  /// @param message a CEL expression of the sentence
  /// @param otherwise the sentence where the value cannot be shown on one line
  /// @param reason as the API server classes it
  record Validation(String rule, String message, String otherwise, String reason) {
    ObjectNode node() {
      ObjectNode node = JSON.createObjectNode().put("rule", rule);
      boolean constant = message.equals(Cel.literal(otherwise));
      node.put("message", otherwise);
      if (!constant) {
        node.put("messageExpression", message);
      }
      return node.put("reason", reason);
    }

    ObjectNode at(String fieldPath) {
      return node().put("fieldPath", fieldPath);
    }

    private Validation unless(String condition) {
      return new Validation(condition + " || " + rule, message, otherwise, reason);
    }

    private static Validation invalid(String rule, String message, String otherwise) {
      return new Validation(rule, message, otherwise, "FieldValueInvalid");
    }

    private static Validation constant(String rule, String sentence, String reason) {
      return new Validation(rule, Cel.literal(sentence), sentence, reason);
    }
  }

  private PoolSchema() {}

  /// The schema of a key that users write.
  static ObjectNode of(Key key) {
    ObjectNode node = of(key.kind());
    List<Validation> rules = values(key.kind());
    boolean text = key.kind() instanceof Kind.Text || key.kind() instanceof Kind.Word;
    if (key.required() != null && text) {
      rules = rules.stream().map(PoolSchema::unlessBlank).toList();
    }
    rules.forEach(rule -> node.withArrayProperty(RULES).add(rule.node()));
    String preset = key.preset();
    if (preset != null && isConstant(key.kind())) {
      node.set("default", preset(key.kind(), preset));
    }
    ObjectNode described = JSON.createObjectNode().put("description", description(key));
    return described.setAll(node);
  }

  /// The schema of a mapping that only the plane writes: types, and no rules.
  static ObjectNode ofStatus(Kind kind) {
    ObjectNode node = JSON.createObjectNode();
    switch (kind) {
      case Kind.Whole _ -> node.put("type", "integer").put("format", "int64");
      case Kind.Decimal _ -> node.put("type", "number");
      case Kind.Moment _ -> node.put("type", "string").put("format", "date-time");
      case Kind.Text text -> node.put("type", "string").put("maxLength", text.most());
      case Kind.Word word -> {
        node.put("type", "string");
        word.words().forEach(node.putArray("enum")::add);
      }
      case Kind.Listing listing -> {
        node.put("type", "array").put("maxItems", listing.most());
        node.put("x-kubernetes-list-type", "map");
        node.putArray("x-kubernetes-list-map-keys").add(Objects.requireNonNull(listing.by()));
        node.set("items", ofStatus(listing.item()));
      }
      case Kind.Mapping mapping -> {
        node.put("type", "object");
        ObjectNode properties = node.putObject("properties");
        for (Key key : mapping.keys()) {
          ObjectNode described = JSON.createObjectNode().put("description", key.effect());
          properties.set(key.name(), described.setAll(ofStatus(key.kind())));
          if (key.required() != null) {
            node.withArrayProperty("required").add(key.name());
          }
        }
      }
      default -> throw new IllegalArgumentException("in no status: " + kind);
    }
    return node;
  }

  /// The rules of a text's forms.
  static List<Validation> forms(String value, Kind.Text text) {
    List<Validation> rules = new ArrayList<>();
    StringBuilder earlier = new StringBuilder();
    for (Kind.Form form : text.forms()) {
      String holds = (form.matching() ? "" : "!") + Cel.matches(value, form.pattern().pattern());
      String rule = earlier + holds;
      // Forbidden, since the API server shows the value of what is invalid, and it may be secret.
      String reason = form.secret() == null ? "FieldValueInvalid" : "FieldValueForbidden";
      rules.add(
          form.sentence().contains("%s")
              ? new Validation(
                  rule,
                  Cel.sentence(form.sentence(), shown(value, form)),
                  form.sentence().formatted("a text of several lines"),
                  reason)
              : Validation.constant(rule, form.sentence(), reason));
      earlier.append("!(").append(holds).append(") || ");
    }
    return rules;
  }

  private static String shown(String value, Kind.Form form) {
    String quoted = "\"'\" + " + Cel.cut(value) + " + \"'\"";
    Pattern secret = form.secret();
    return secret == null
        ? quoted
        : "%s.matches(%s) ? %s : %s"
            .formatted(
                value, Cel.literal(secret.pattern()), Cel.literal(Kind.Form.NOT_SHOWN), quoted);
  }

  private static Validation unlessBlank(Validation rule) {
    return rule.unless("!self.matches(" + Cel.literal(NOT_BLANK) + ")");
  }

  private static String description(Key key) {
    StringBuilder text = new StringBuilder(key.effect());
    boolean leaf = !(key.kind() instanceof Kind.Mapping || key.kind() instanceof Kind.Unserved);
    if (leaf) {
      text.append("\n\nValue: ").append(key.kind().wanted()).append('.');
    }
    if (key.required() != null) {
      text.append(" Required.");
    } else if (leaf && key.preset() != null) {
      text.append(" Default: ").append(key.preset()).append('.');
    }
    return text.toString();
  }

  /// A default that depends on another key is none to the API server, nor is a mapping that would
  /// itself be refused.
  private static boolean isConstant(Kind kind) {
    return switch (kind) {
      case Kind.Intervals _ -> false;
      case Kind.Mapping mapping -> mapping.whenMissing().isEmpty();
      default -> true;
    };
  }

  private static JsonNode preset(Kind kind, String text) {
    try {
      return kind instanceof Kind.Word || kind instanceof Kind.Text || kind instanceof Kind.Span
          ? TextNode.valueOf(text)
          : JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new AssertionError(e);
    }
  }

  private static ObjectNode of(Kind kind) {
    ObjectNode node = JSON.createObjectNode();
    switch (kind) {
      case Kind.Text text -> node.put("type", "string").put("maxLength", text.most());
      case Kind.Word _, Kind.Span _, Kind.Intervals _ ->
          node.put("type", "string").put("maxLength", Kind.Word.MOST);
      case Kind.Decimal _ -> node.put("type", "number");
      case Kind.Whole _ -> node.put("type", "integer");
      case Kind.Flag _ -> node.put("type", "boolean");
      case Kind.Unserved _ ->
          node.put("type", "object").put("x-kubernetes-preserve-unknown-fields", true);
      case Kind.Listing listing -> listing(node, listing);
      case Kind.Labels labels -> labels(node, labels);
      case Kind.Mapping mapping -> mapping(node, mapping);
      case Kind.Moment _, Kind.ReadOver _ ->
          throw new IllegalArgumentException("nothing that a user writes: " + kind);
    }
    return node;
  }

  private static void listing(ObjectNode node, Kind.Listing listing) {
    node.put("type", "array").put("maxItems", listing.most());
    node.put("x-kubernetes-list-type", listing.distinct() ? "set" : "atomic");
    node.set("items", item(listing.item()));
  }

  private static void labels(ObjectNode node, Kind.Labels labels) {
    node.put("type", "object").put("maxProperties", labels.most());
    node.set("additionalProperties", item(labels.value()));
  }

  private static ObjectNode item(Kind kind) {
    ObjectNode item = of(kind);
    values(kind).forEach(rule -> item.withArrayProperty(RULES).add(rule.node()));
    return item;
  }

  private static void mapping(ObjectNode node, Kind.Mapping mapping) {
    node.put("type", "object");
    ObjectNode properties = node.putObject("properties");
    mapping.keys().forEach(key -> properties.set(key.name(), of(key)));
    ArrayNode rules = JSON.createArrayNode();
    mapping.keys().forEach(key -> presence(key).forEach(rules::add));
    for (Rule rule : mapping.rules()) {
      String otherwise = rule.sentence().replaceAll("[{}]", "");
      rules.add(
          Validation.invalid(rule.cel(), Cel.filled(rule.sentence()), otherwise)
              .at("." + rule.key()));
    }
    intervals(mapping).forEach(rules::add);
    if (!rules.isEmpty()) {
      node.set(RULES, rules);
    }
  }

  /// Whether a key may be there, or must be: rules of the mapping that it is a key of.
  static List<ObjectNode> presence(Key key) {
    String written = "has(self." + key.name() + ")";
    String at = "." + key.name();
    if (key.kind() instanceof Kind.Unserved unserved) {
      return List.of(
          Validation.constant("!" + written, unserved.sentence(), "FieldValueForbidden").at(at));
    }
    if (key.required() != null) {
      String there =
          key.kind() instanceof Kind.Listing
              ? "self." + key.name() + ".size() > 0"
              : "self." + key.name() + ".matches(" + Cel.literal(NOT_BLANK) + ")";
      String sentence = "is missing; " + key.required();
      return List.of(
          Validation.constant(written + " && " + there, sentence, "FieldValueRequired").at(at));
    }
    if (key.preset() == null || !(key.kind() instanceof Kind.Mapping mapping)) {
      return List.of();
    }
    return mapping.whenMissing().entrySet().stream()
        .map(each ->
            // The comment tells the rules apart: server-side apply takes the rule for its key.
            Validation.constant(
                    written + " // " + each.getKey(), each.getValue(), "FieldValueRequired")
                .at(at + "." + each.getKey()))
        .toList();
  }

  /// What the durations below must be, in the mapping that has the interval.
  private static List<ObjectNode> intervals(Kind.Mapping mapping) {
    List<ObjectNode> rules = new ArrayList<>();
    for (Key section : mapping.keys()) {
      if (section.kind() instanceof Kind.Mapping inner) {
        for (Key key : inner.keys()) {
          if (key.kind() instanceof Kind.Intervals kind) {
            Kind.Span interval = (Kind.Span) mapping.key("interval").kind();
            intervals(section.name() + "." + key.name(), kind, interval)
                .forEach(rule -> rules.add(rule.at("." + section.name() + "." + key.name())));
          }
        }
      }
    }
    return rules;
  }

  private static List<Validation> intervals(String path, Kind.Intervals kind, Kind.Span interval) {
    String value = "self." + path;
    String is = Cel.isDuration(value);
    // Nothing is said where the key is not written, or the interval is itself at fault.
    String unless =
        "!has(%s) || !%s || !(%s) || "
            .formatted(
                value, Cel.isDuration("self.interval"), Cel.within("self.interval", interval));
    String least = "(2 * duration(self.interval).getMilliseconds())";
    String inRange =
        "(duration(%1$s).getMilliseconds() >= %2$s && duration(%1$s) <= duration('%3$ss'))"
            .formatted(value, least, kind.most().toSeconds());
    String otherwise = "must be " + kind.wanted();
    String format = "is '%s' but " + otherwise.replace("two intervals", "%s");
    String range = format.replace(DurationText.EXAMPLES, "");
    String[] shown = {Cel.cut(value), Cel.durationText(least)};
    return List.of(
        Validation.invalid(unless + is, Cel.sentence(format, shown), otherwise),
        Validation.invalid(
            unless + "!" + is + " || " + inRange, Cel.sentence(range, shown), otherwise));
  }

  /// What a value must hold to, as `self`.
  private static List<Validation> values(Kind kind) {
    String wanted = " but must be " + kind.wanted();
    String otherwise = "must be " + kind.wanted();
    return switch (kind) {
      case Kind.Text text -> forms("self", text);
      case Kind.Word word ->
          List.of(
              Validation.invalid(
                  "self in " + Cel.words(word.words()),
                  Cel.sentence("is '%s'" + wanted, Cel.cut("self")),
                  otherwise));
      case Kind.Span span ->
          List.of(
              Validation.invalid(
                  Cel.isDuration("self"),
                  Cel.sentence("is '%s'" + wanted, Cel.cut("self")),
                  otherwise),
              Validation.invalid(
                  "!" + Cel.isDuration("self") + " || (" + Cel.within("self", span) + ")",
                  Cel.sentence("is '%s' but must be " + span.range(), Cel.cut("self")),
                  otherwise));
      case Kind.Decimal decimal ->
          List.of(
              Validation.invalid(
                  "self >= " + decimal.least() + " && self <= " + decimal.most(),
                  Cel.sentence("is '%s'" + wanted, Cel.number("self")),
                  otherwise));
      case Kind.Whole whole ->
          List.of(
              Validation.invalid(
                  "self >= " + whole.least() + " && self <= " + whole.most(),
                  Cel.sentence("is '%s'" + wanted, "string(self)"),
                  otherwise));
      case Kind.Labels labels -> List.of(labelKeys(labels));
      default -> List.of();
    };
  }

  /// The API server reports these at the mapping, which is where the reader does.
  private static Validation labelKeys(Kind.Labels labels) {
    String matches = Cel.matches("k", labels.key().pattern().pattern());
    String sentence = labels.key().sentence().replace("%s", "'%s'");
    String bad = "self.filter(k, !" + matches + ")[0]";
    return Validation.invalid(
        "self.all(k, " + matches + ")",
        Cel.sentence(sentence, Cel.cut(bad)),
        labels.key().sentence().formatted("one of the keys"));
  }
}
