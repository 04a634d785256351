package dev.inferscale.signals.profile;

import dev.inferscale.signals.profile.Reading.Grade;
import dev.inferscale.signals.profile.Reading.Provenance;
import java.util.List;
import java.util.Map;

/// What a gauge or a counter came to on one page.
///
/// @param values by instance; empty where it is absent
/// @param entries how many series it was made of
/// @param provenance its series and grade; absent with no text where the page lacks it, absent with
///   a text where the page has it and it cannot be used
record Quantity(Map<String, Double> values, int entries, Provenance provenance) {
  /// Rounding may take what is full a little beyond it.
  private static final double FULL = 1.01;

  /// Requests, tokens or seconds of one target; the largest deployments of one engine hold some ten
  /// million tokens.
  private static final double MOST = 1e9;

  static final Quantity ABSENT = troubled("");

  static Quantity troubled(String why) {
    return new Quantity(Map.of(), 0, new Provenance(List.of(), Grade.ABSENT, why));
  }

  boolean isAbsent() {
    return values.isEmpty();
  }

  /// NaN where absent.
  double sum() {
    return isAbsent() ? Double.NaN : values.values().stream().mapToDouble(v -> v).sum();
  }

  /// NaN where absent.
  double largest() {
    return values.values().stream().mapToDouble(v -> v).max().orElse(Double.NaN);
  }

  /// The mean over the instances, each weighted by its own weight; a plain mean where the weights
  /// do not cover them. NaN where absent.
  double mean(Quantity weights) {
    double total = weights.sum();
    if (!weights.values.keySet().equals(values.keySet()) || !(total > 0)) {
      return sum() / values.size();
    }
    double weighted = 0;
    for (Map.Entry<String, Double> value : values.entrySet()) {
      weighted += value.getValue() * weights.values.getOrDefault(value.getKey(), 0.0);
    }
    return weighted / total;
  }

  /// This, where it is a ratio; a percentage would order a hundred times too many replicas.
  Quantity asRatio() {
    return largest() > Math.max(entries, 1) * FULL
        ? refused(largest(), "which is no ratio between 0 and 1")
        : this;
  }

  /// This, where one target can hold so many; a number without measure would drown all the other
  /// targets of its pool.
  Quantity asCount() {
    return sum() > MOST ? refused(sum(), "more than one target can hold") : this;
  }

  /// This, where it is at most so many times a capacity, or the capacity is not known.
  ///
  /// @param what the capacity is counted in
  Quantity within(Quantity capacity, double times, String what) {
    boolean beyond = capacity.sum() > 0 && sum() > times * capacity.sum() * FULL;
    return beyond ? refused(sum(), "far beyond the " + capacity.sum() + " " + what) : this;
  }

  private Quantity refused(double value, String why) {
    return troubled(String.join(", ", provenance.from()) + " says " + value + ", " + why);
  }
}
