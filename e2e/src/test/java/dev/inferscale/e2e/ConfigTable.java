package dev.inferscale.e2e;

import dev.inferscale.launch.ConfigReader;
import dev.inferscale.launch.ConfigReader.Result;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The reference of a program's keys: what the reader tells of each, and the range that its record
/// names when it is given a number or a duration that cannot be.
final class ConfigTable {
  private static final Pattern ROW =
      Pattern.compile("\\| `([\\w.]+)` \\| (a whole number|a number|a duration)[^|]*\\|(.*)");

  /// A complaint about the range; one about the kind of value begins with "a".
  private static final Pattern COMPLAINT =
      Pattern.compile("must be (?!a )(.*?)(?: \\(line \\d+\\))?");

  private ConfigTable() {}

  static String of(Class<? extends Record> type) {
    return ConfigReader.reference(type)
            .lines()
            .map(row -> withRange(row, ConfigReader.of(type)))
            .collect(Collectors.joining("\n"))
        + "\n";
  }

  private static String withRange(String row, ConfigReader<?> reader) {
    Matcher cells = ROW.matcher(row);
    if (!cells.matches()) {
      return row;
    }
    String range = range(cells.group(1), reader).map(found -> ", " + found).orElse("");
    return "| `%s` | %s%s |%s".formatted(cells.group(1), cells.group(2), range, cells.group(3));
  }

  private static Optional<String> range(String key, ConfigReader<?> reader) {
    return Stream.of("-1", "0s", "1000000h")
        .flatMap(wrong -> complaints(key, wrong, reader).stream())
        .map(COMPLAINT::matcher)
        .filter(Matcher::matches)
        .map(complaint -> complaint.group(1))
        .findFirst();
  }

  private static List<String> complaints(String key, String value, ConfigReader<?> reader) {
    List<String> path = List.of(key.split("\\.", -1));
    String yaml = "{" + String.join(": {", path) + ": " + value + "}".repeat(path.size());
    return switch (reader.read(yaml, Map.of(), Map.of())) {
      case Result.Good<?> _ -> List.of();
      case Result.Bad<?> bad ->
          bad.faults().stream()
              .filter(fault -> fault.path().equals(key))
              .map(ConfigReader.ConfigFault::message)
              .toList();
    };
  }
}
