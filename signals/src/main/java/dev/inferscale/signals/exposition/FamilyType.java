package dev.inferscale.signals.exposition;

import org.jspecify.annotations.Nullable;

/// What `# TYPE` says about a family.
public enum FamilyType {
  COUNTER("counter"),
  GAUGE("gauge"),
  HISTOGRAM("histogram"),
  SUMMARY("summary"),
  GAUGE_HISTOGRAM("gaugehistogram"),
  INFO("info"),
  STATE_SET("stateset"),
  /// `unknown`, `untyped`, or no TYPE line at all.
  UNKNOWN("unknown");

  private final String word;

  FamilyType(String word) {
    this.word = word;
  }

  /// The type of that word, null where no format knows it.
  static @Nullable FamilyType of(byte[] body, int from, int to) {
    for (FamilyType type : values()) {
      if (Ascii.equalsText(body, from, to, type.word)) {
        return type;
      }
    }
    return Ascii.equalsText(body, from, to, "untyped") ? UNKNOWN : null;
  }

  /// True where only non-negative totals make sense for that part of the family.
  boolean isTotal(Part part) {
    return switch (part) {
      case VALUE -> this == COUNTER;
      case BUCKET, COUNT -> this == HISTOGRAM || this == SUMMARY || this == UNKNOWN;
      case SUM, CREATED -> false;
    };
  }

  /// True where samples of the family may carry the suffix of that part.
  boolean admits(Part part) {
    return switch (part) {
      case VALUE -> true;
      case BUCKET -> this == HISTOGRAM || this == GAUGE_HISTOGRAM || this == UNKNOWN;
      case SUM, COUNT -> this == HISTOGRAM || this == SUMMARY || this == UNKNOWN;
      case CREATED -> this == COUNTER || this == HISTOGRAM || this == SUMMARY;
    };
  }
}
