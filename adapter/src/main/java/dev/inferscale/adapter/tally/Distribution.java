package dev.inferscale.adapter.tally;

import java.util.List;

/// Values by size, as a [Histogram] had them at one moment.
///
/// @param bounds upper ends of the buckets, each included, ascending
/// @param counts how many values each bucket holds, itself alone; one more than there are bounds,
///   for what is larger than the last
/// @param sum of all values
public record Distribution(List<Double> bounds, List<Long> counts, double sum) {
  public Distribution {
    bounds = List.copyOf(bounds);
    counts = List.copyOf(counts);
    if (counts.size() != bounds.size() + 1) {
      throw new IllegalArgumentException("a bucket more than bounds, not " + counts.size());
    }
  }

  /// How many values there are.
  public long count() {
    return counts.stream().mapToLong(Long::longValue).sum();
  }
}
