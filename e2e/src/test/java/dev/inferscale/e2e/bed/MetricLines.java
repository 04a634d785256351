package dev.inferscale.e2e.bed;

import java.util.List;

/// A page of metrics as lines of text.
final class MetricLines {
  private MetricLines() {}

  /// The sum of the values of a metric's series that have all those labels; 0 where there is none.
  ///
  /// @param labels each such as `rpc="GetMetrics"`
  static double sum(String page, String name, String... labels) {
    return page.lines()
        .filter(line -> line.startsWith(name + "{") || line.startsWith(name + " "))
        .filter(line -> List.of(labels).stream().allMatch(line::contains))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }
}
