package dev.inferscale.signals.exposition;

/// Which of a family's samples: its value (also a counter's `_total` and a summary's quantiles), or
/// one of those that a suffix of the name tells.
public enum Part {
  VALUE(""),
  BUCKET("_bucket"),
  SUM("_sum"),
  COUNT("_count"),
  CREATED("_created");

  static final String TOTAL_SUFFIX = "_total";
  private static final Part[] SUFFIXED = {BUCKET, SUM, COUNT, CREATED};

  private final String suffix;

  Part(String suffix) {
    this.suffix = suffix;
  }

  /// As it stands in names; empty for `VALUE`.
  public String suffix() {
    return suffix;
  }

  int suffixLength() {
    return suffix.length();
  }

  /// The part that a name's ending tells, `VALUE` where it tells none.
  static Part endOf(byte[] name, int from, int to) {
    for (Part part : SUFFIXED) {
      if (Ascii.endsWith(name, from, to, part.suffix)) {
        return part;
      }
    }
    return VALUE;
  }
}
