package dev.inferscale.worker.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/// One JSON object of a model directory, with typed reads whose faults name file and key.
record JsonFile(Path file, JsonNode root) {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /// @param maxBytes larger files are refused unread
  static JsonFile read(Path file, long maxBytes) {
    try {
      long size = Files.size(file);
      if (size > maxBytes) {
        throw new ModelFault(
            "%s is %d bytes long; at most %d are read".formatted(file, size, maxBytes));
      }
      return parse(file, Files.readAllBytes(file));
    } catch (NoSuchFileException missing) {
      throw new ModelFault("%s does not exist".formatted(file), missing);
    } catch (IOException unreadable) {
      throw new ModelFault(
          "%s cannot be read: %s".formatted(file, unreadable.getMessage()), unreadable);
    }
  }

  static JsonFile parse(Path file, byte[] json) {
    try {
      JsonNode root = MAPPER.readTree(json);
      if (!root.isObject()) {
        throw new ModelFault("%s must hold a JSON object".formatted(file));
      }
      return new JsonFile(file, root);
    } catch (JsonProcessingException malformed) {
      throw notJson(file, malformed);
    } catch (IOException unexpected) {
      throw new ModelFault("%s is not JSON".formatted(file), unexpected);
    }
  }

  private static ModelFault notJson(Path file, JsonProcessingException malformed) {
    var at = malformed.getLocation();
    return new ModelFault(
        "%s is not JSON: %s at line %d, column %d"
            .formatted(
                file,
                malformed.getOriginalMessage().lines().findFirst().orElse("malformed"),
                at == null ? 0 : at.getLineNr(),
                at == null ? 0 : at.getColumnNr()),
        malformed);
  }

  /// The object under `key`, if it is one; else a missing node, whose own keys are all missing.
  JsonFile object(String key) {
    return new JsonFile(file, root.path(key));
  }

  boolean has(String key) {
    return root.hasNonNull(key);
  }

  int positive(String key, int max) {
    return positive(key, max, OptionalLong.empty());
  }

  int positive(String key, int max, OptionalLong absent) {
    JsonNode node = root.path(key);
    if (node.isMissingNode() || node.isNull()) {
      return (int) absent.orElseThrow(() -> fault(key, "is missing", "a whole number"));
    }
    if (!node.isIntegralNumber() || node.asLong() < 1 || node.asLong() > max) {
      throw fault(key, "is " + brief(node), "a whole number from 1 to " + max);
    }
    return node.asInt();
  }

  double positive(String key, OptionalDouble absent) {
    JsonNode node = root.path(key);
    if (node.isMissingNode() || node.isNull()) {
      return absent.orElseThrow(() -> fault(key, "is missing", "a number above 0"));
    }
    if (!node.isNumber() || !(node.asDouble() > 0) || Double.isInfinite(node.asDouble())) {
      throw fault(key, "is " + brief(node), "a number above 0");
    }
    return node.asDouble();
  }

  boolean flag(String key, boolean absent) {
    JsonNode node = root.path(key);
    if (node.isMissingNode() || node.isNull()) {
      return absent;
    }
    if (!node.isBoolean()) {
      throw fault(key, "is " + brief(node), "true or false");
    }
    return node.asBoolean();
  }

  String text(String key, String absent) {
    JsonNode node = root.path(key);
    if (node.isMissingNode() || node.isNull()) {
      return absent;
    }
    if (!node.isTextual()) {
      throw fault(key, "is " + brief(node), "a string");
    }
    return node.asText();
  }

  ModelFault fault(String key, String found, String right) {
    return new ModelFault("%s: %s %s; expected %s".formatted(file, key, found, right));
  }

  static String brief(JsonNode node) {
    String text = node.toString();
    return text.length() <= 60 ? text : text.substring(0, 60) + "…";
  }
}
