package dev.inferscale.signals.exposition;

/// A walk over the series of one family, in the order of the page. One thread at a time.
public final class Series {
  private final SeriesTable table;
  private final Labels labels;
  private final int family;
  private final int last;
  private int at;

  Series(byte[] body, SeriesTable table, Family family) {
    this.table = table;
    this.labels = new Labels(body);
    this.at = family.first() - 1;
    this.last = family.first() == Family.NONE ? at : family.last();
    this.family = family.first() == Family.NONE ? Family.NONE : table.family(family.first());
  }

  /// Steps to the next series.
  ///
  /// @return false after the last one
  public boolean next() {
    // A page may mix the lines of its families.
    do {
      at++;
    } while (at <= last && table.family(at) != family);
    return at <= last;
  }

  public Part part() {
    return table.part(at);
  }

  /// NaN where the page says so, or says what cannot be (a counter below zero).
  public double value() {
    return table.value(at);
  }

  /// The labels of the present series, before the first of them.
  public Labels labels() {
    labels.start(table.labelsAt(at));
    return labels;
  }
}
