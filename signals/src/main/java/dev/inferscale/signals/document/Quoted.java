package dev.inferscale.signals.document;

import com.fasterxml.jackson.databind.JsonNode;

/// Values from a document as a sentence may show them: short and on one line.
public final class Quoted {
  private static final int MOST = 64;

  private Quoted() {}

  public static String text(String text) {
    return "'" + cut(text) + "'";
  }

  /// A list or a mapping is only named; a number is written without `.0`.
  public static String value(JsonNode value) {
    if (value.isContainerNode()) {
      return value.isArray() ? "a list" : "a mapping";
    }
    return text(value.canConvertToExactIntegral() ? whole(value) : value.asText());
  }

  /// At most 64 characters of it.
  static String cut(String text) {
    String line = text.replaceAll("\\p{Cntrl}", " ");
    return line.codePointCount(0, line.length()) <= MOST
        ? line
        : line.substring(0, line.offsetByCodePoints(0, MOST)) + "...";
  }

  private static String whole(JsonNode value) {
    return value.canConvertToLong() ? Long.toString(value.asLong()) : value.asText();
  }
}
