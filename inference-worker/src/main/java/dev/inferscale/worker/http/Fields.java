package dev.inferscale.worker.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Typed reading of a JSON object's keys. A key that is absent or null takes its default; a value
/// of another type or out of range is refused with the key, the value and what would be right.
record Fields(JsonNode object) {
  private static final int MAX_SHOWN = 64;

  Optional<JsonNode> value(String key) {
    JsonNode value = object.get(key);
    return value == null || value.isNull() ? Optional.empty() : Optional.of(value);
  }

  long integer(String key, long absent, long min, long max) throws Refused {
    Optional<JsonNode> value = value(key);
    if (value.isEmpty()) {
      return absent;
    }
    JsonNode number = value.get();
    boolean whole = number.isNumber() && number.canConvertToExactIntegral();
    if (!whole
        || !number.canConvertToLong()
        || number.longValue() < min
        || number.longValue() > max) {
      String wanted = min == max ? "" + min : "a whole number from " + min + " to " + max;
      throw wrong(key, wanted, number);
    }
    return number.longValue();
  }

  double number(String key, double absent, double min, double max) throws Refused {
    Optional<JsonNode> value = value(key);
    if (value.isEmpty()) {
      return absent;
    }
    JsonNode number = value.get();
    // Written so that NaN, which a huge exponent cannot make but a future parser may, is refused.
    if (!number.isNumber() || !(number.doubleValue() >= min && number.doubleValue() <= max)) {
      String wanted = min == max ? plain(min) : "a number from " + plain(min) + " to " + plain(max);
      throw wrong(key, wanted, number);
    }
    return number.doubleValue();
  }

  boolean flag(String key) throws Refused {
    Optional<JsonNode> value = value(key);
    if (value.isPresent() && !value.get().isBoolean()) {
      throw wrong(key, "true or false", value.get());
    }
    return value.map(JsonNode::booleanValue).orElse(false);
  }

  Optional<String> text(String key) throws Refused {
    Optional<JsonNode> value = value(key);
    if (value.isPresent() && !value.get().isTextual()) {
      throw wrong(key, "a string", value.get());
    }
    return value.map(JsonNode::textValue);
  }

  Fields section(String key) throws Refused {
    Optional<JsonNode> value = value(key);
    if (value.isPresent() && !value.get().isObject()) {
      throw wrong(key, "an object", value.get());
    }
    return new Fields(value.orElse(MissingNode.getInstance()));
  }

  /// One string, or an array of at most `most` strings.
  List<String> texts(String key, int most) throws Refused {
    Optional<JsonNode> value = value(key);
    if (value.isEmpty()) {
      return List.of();
    }
    JsonNode node = value.get();
    if (node.isTextual()) {
      return List.of(node.textValue());
    }
    String wanted = "a string or an array of at most " + most + " strings";
    if (!node.isArray() || node.size() > most) {
      throw wrong(key, wanted, node);
    }
    List<String> texts = new ArrayList<>();
    for (JsonNode item : node) {
      if (!item.isTextual()) {
        throw wrong(key, wanted, item);
      }
      texts.add(item.textValue());
    }
    return texts;
  }

  static Refused wrong(String key, String wanted, JsonNode value) {
    return new Refused(
        ApiError.invalid(key, key + " must be " + wanted + " but is " + shown(value)));
  }

  /// Numbers and booleans as they are; of everything else only the kind, since it may be a prompt.
  private static String shown(JsonNode value) {
    String text = value.toString();
    return switch (value.getNodeType()) {
      case NUMBER, BOOLEAN -> text.length() > MAX_SHOWN ? text.substring(0, MAX_SHOWN) : text;
      case STRING -> "a string";
      case ARRAY -> "an array of " + value.size();
      case OBJECT -> "an object";
      default -> "null";
    };
  }

  private static String plain(double bound) {
    return bound == Math.rint(bound) ? Long.toString((long) bound) : Double.toString(bound);
  }
}
