package dev.inferscale.e2e;

import dev.inferscale.signals.document.DurationText;
import dev.inferscale.signals.document.Kind;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// Says in CEL what the reader says in Java: what a value must hold to, and in which words it is
/// refused.
final class Cel {
  private static final Pattern PLACEHOLDER = Pattern.compile("\\{(\\w+)}");

  private Cel() {}

  /// Whether a text as a whole matches.
  static String matches(String value, String pattern) {
    return value + ".matches(" + literal("^(?:" + pattern + ")$") + ")";
  }

  /// A text, cut as the reader cuts it.
  static String cut(String value) {
    return "(%1$s.size() > 64 ? %1$s.substring(0, 64) + '...' : %1$s)".formatted(value);
  }

  /// A number as a text; a whole one without `.0`.
  static String number(String value) {
    return "(%1$s == double(int(%1$s)) ? string(int(%1$s)) : string(%1$s))".formatted(value);
  }

  /// A sentence with a value for each `%s`. Not by `+`, whose cost the API server cannot bound for
  /// the text of a number.
  static String sentence(String format, String... values) {
    return literal(format) + ".format([" + String.join(", ", values) + "])";
  }

  /// The sentence of a rule between keys of `self`.
  static String filled(String sentence) {
    String[] values =
        PLACEHOLDER
            .matcher(sentence)
            .results()
            .map(key -> "string(self." + key.group(1) + ")")
            .toArray(String[]::new);
    return values.length == 0
        ? literal(sentence)
        : sentence(PLACEHOLDER.matcher(sentence).replaceAll("%s"), values);
  }

  static String isDuration(String value) {
    return matches(value, DurationText.PATTERN);
  }

  static String within(String value, Kind.Span span) {
    return "duration(%1$s) >= duration('%2$s') && duration(%1$s) <= duration('%3$s')"
        .formatted(value, go(span.least()), go(span.most()));
  }

  /// The shortest text of a number of milliseconds below one hour.
  static String durationText(String millis) {
    return ("(%1$s %% 60000 == 0 ? '%%dm'.format([%1$s / 60000]) : %1$s %% 1000 == 0 ?"
            + " '%%ds'.format([%1$s / 1000]) : '%%dms'.format([%1$s]))")
        .formatted(millis);
  }

  static String words(List<String> words) {
    return words.stream().map(Cel::literal).collect(Collectors.joining(", ", "[", "]"));
  }

  static String literal(String text) {
    String escaped = text.replace("\\", "\\\\");
    return escaped.contains("'")
        ? "\"" + escaped.replace("\"", "\\\"") + "\""
        : "'" + escaped + "'";
  }

  private static String go(Duration duration) {
    return duration.toMillis() + "ms";
  }
}
