package dev.inferscale.signals.exposition;

/// How much of a page is read. A page beyond `bodyBytes`, `series` or `families` is refused whole,
/// since sums over a part of it would be too low; a line beyond `lineBytes` or `labels` is a
/// [Defect] and costs its family.
///
/// @param bodyBytes longest page, after decompression
/// @param lineBytes longest line
/// @param series most series on a page
/// @param labels most labels of one series
/// @param families most metric families on a page
/// @param defects most defects that are listed; all are counted
public record Limits(
    int bodyBytes, int lineBytes, int series, int labels, int families, int defects) {

  /// Ample for every engine known: a busy vLLM page has 300 kB, 3,200 series and 70 families.
  public static final Limits DEFAULTS = new Limits(16 << 20, 64 << 10, 200_000, 64, 10_000, 100);

  public Limits {
    requirePositive("bodyBytes", bodyBytes);
    requirePositive("lineBytes", lineBytes);
    requirePositive("series", series);
    requirePositive("labels", labels);
    requirePositive("families", families);
    requirePositive("defects", defects);
  }

  private static void requirePositive(String key, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(
          "limit " + key + " is " + value + "; it must be at least 1");
    }
  }
}
