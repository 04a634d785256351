package dev.inferscale.e2e.bed;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// What several rounds have measured of several peers, as a table for docs/measured.md: of each
/// figure the median with the least and the most, and what the first peer's median is to the
/// others'.
final class Rounds {
  private final List<String> peers;
  private final Map<String, List<List<Double>>> figures = new LinkedHashMap<>();

  /// @param peers the first is the one that is compared with the others
  Rounds(List<String> peers) {
    this.peers = List.copyOf(peers);
  }

  /// One round's figure of one peer; rows appear in the order of their first.
  ///
  /// @param peer its place among the peers
  void add(String figure, int peer, double value) {
    figures
        .computeIfAbsent(
            figure, _ -> peers.stream().<List<Double>>map(_ -> new ArrayList<>()).toList())
        .get(peer)
        .add(value);
  }

  /// Prints it under a title, with the number of rounds.
  void print(String title) {
    StringBuilder text = new StringBuilder(title).append("\n| |");
    peers.forEach(peer -> text.append(' ').append(peer).append(" |"));
    peers.stream().skip(1).forEach(peer -> text.append(" to ").append(peer).append(" |"));
    text.append("\n|").append("---|".repeat(2 * peers.size())).append('\n');
    figures.forEach((figure, rounds) -> {
      text.append("| ").append(figure).append(" |");
      rounds.forEach(each -> text.append(' ').append(spread(each)).append(" |"));
      for (List<Double> other : rounds.subList(1, rounds.size())) {
        double ratio = at(sorted(rounds.getFirst()), 0.5) / at(sorted(other), 0.5);
        text.append(Double.isNaN(ratio) ? " - |" : String.format(Locale.ROOT, " %.2f |", ratio));
      }
      text.append('\n');
    });
    System.out.println(text);
  }

  private static String spread(List<Double> values) {
    double[] sorted = sorted(values);
    if (sorted.length == 0) {
      return "-";
    }
    return number(at(sorted, 0.5))
        + " ("
        + number(sorted[0])
        + "–"
        + number(sorted[sorted.length - 1])
        + ")";
  }

  /// Three digits that count.
  private static String number(double value) {
    int places = value >= 100 || value == 0 ? 0 : value >= 10 ? 1 : 2;
    return String.format(Locale.ROOT, "%,." + places + "f", value);
  }

  private static double[] sorted(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
  }

  /// A quantile of measured values in any order, NaN where there are none.
  ///
  /// @param quantile 0 to 1
  static double quantile(double[] values, double quantile) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return at(sorted, quantile);
  }

  private static double at(double[] sorted, double quantile) {
    return sorted.length == 0
        ? Double.NaN
        : sorted[Math.min(sorted.length - 1, (int) (quantile * sorted.length))];
  }
}
