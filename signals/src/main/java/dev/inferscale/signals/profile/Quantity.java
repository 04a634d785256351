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
}
