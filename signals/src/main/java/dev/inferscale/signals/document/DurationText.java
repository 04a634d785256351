package dev.inferscale.signals.document;

import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Durations as people write them: `500ms`, `2s`, `5m`, `1h`.
public final class DurationText {
  /// Of the whole text; so few digits that no such duration overflows 64 bits of nanoseconds, which
  /// is what the API server counts in.
  public static final String PATTERN = "[0-9]{1,9}(ms|s)|[0-9]{1,6}(m|h)";

  /// How a sentence begins that says what would be right.
  public static final String EXAMPLES = "a duration such as 2s, 500ms or 5m, ";

  private static final Pattern TEXT = Pattern.compile(PATTERN);
  private static final Pattern PARTS = Pattern.compile("([0-9]+)([a-z]+)");

  private DurationText() {}

  public static Optional<Duration> parse(String text) {
    Matcher parts = PARTS.matcher(text);
    if (!TEXT.matcher(text).matches() || !parts.matches()) {
      return Optional.empty();
    }
    long amount = Long.parseLong(parts.group(1));
    return Optional.of(
        switch (parts.group(2)) {
          case "ms" -> Duration.ofMillis(amount);
          case "s" -> Duration.ofSeconds(amount);
          case "m" -> Duration.ofMinutes(amount);
          default -> Duration.ofHours(amount);
        });
  }

  /// The shortest text that [#parse] reads back.
  public static String of(Duration duration) {
    long millis = duration.toMillis();
    if (millis % 1000 != 0) {
      return millis + "ms";
    }
    long seconds = millis / 1000;
    if (seconds == 0 || seconds % 60 != 0) {
      return seconds + "s";
    }
    return seconds % 3600 == 0 ? seconds / 3600 + "h" : seconds / 60 + "m";
  }
}
