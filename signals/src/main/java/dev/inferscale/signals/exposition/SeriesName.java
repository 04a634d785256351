package dev.inferscale.signals.exposition;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// A name that a reader looks for on many pages, prepared once. It finds what is written with `_`
/// for `:`, a counter with or without `_total`, and the parts of a histogram (`x_sum`).
public final class SeriesName {
  private static final String TOTAL = "_total";

  private final String text;
  private final List<Try> tries;

  private SeriesName(String text, List<Try> tries) {
    this.text = text;
    this.tries = tries;
  }

  public static SeriesName of(String text) {
    List<Try> tries = new ArrayList<>(4);
    tries.add(attempt(text, Part.VALUE, false));
    if (text.endsWith(TOTAL)) {
      String base = text.substring(0, text.length() - TOTAL.length());
      tries.add(attempt(base, Part.VALUE, true));
    } else {
      tries.add(attempt(text + TOTAL, Part.VALUE, true));
    }
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    Part part = Part.endOf(bytes, 0, bytes.length);
    if (part != Part.VALUE) {
      String base = text.substring(0, text.length() - part.suffix().length());
      tries.add(attempt(base, part, false));
    }
    return new SeriesName(text, List.copyOf(tries));
  }

  private static Try attempt(String family, Part part, boolean counterOnly) {
    byte[] bytes = family.getBytes(StandardCharsets.UTF_8);
    return new Try(bytes, Ascii.nameHash(bytes, 0, bytes.length), part, counterOnly);
  }

  /// As the reader wrote it.
  public String text() {
    return text;
  }

  /// As the page spells what was found; the reader's own text where that is the same.
  public String spelled(Samples.Found found) {
    Try first = tries.getFirst();
    if (found.family().spelled(first.family)) {
      return text;
    }
    String spelled = found.family().name() + found.part().suffix();
    // OpenMetrics leaves `_total` out of a counter's TYPE line and keeps it in its samples.
    return text.equals(spelled + TOTAL) ? text : spelled;
  }

  /// The names of all families that it may find.
  List<String> families() {
    return tries.stream().map(t -> new String(t.family, StandardCharsets.UTF_8)).toList();
  }

  List<Try> tries() {
    return tries;
  }

  /// One place to look.
  ///
  /// @param counterOnly found only where the family is a counter, or does not say what it is
  record Try(byte[] family, int hash, Part part, boolean counterOnly) {
    boolean admits(FamilyType type) {
      return !counterOnly || type == FamilyType.COUNTER || type == FamilyType.UNKNOWN;
    }
  }
}
