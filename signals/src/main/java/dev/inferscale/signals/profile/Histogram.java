package dev.inferscale.signals.profile;

/// A cumulative histogram at one instant, summed over the label sets of its target.
///
/// @param bounds upper bounds, ascending, finite; shared between readings where they are equal; may
///   be empty when only sum and count are known
/// @param cumulative observations at or below each bound; one longer than `bounds`, the last is the
///   count of all
/// @param sum of all observations, NaN where the engine does not tell
public record Histogram(double[] bounds, double[] cumulative, double sum) {
  public double count() {
    return cumulative[cumulative.length - 1];
  }
}
