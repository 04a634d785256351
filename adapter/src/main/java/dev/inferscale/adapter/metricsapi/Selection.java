package dev.inferscale.adapter.metricsapi;

import dev.inferscale.adapter.metricsapi.selector.BadSelector;
import dev.inferscale.adapter.metricsapi.selector.LabelSelector;
import dev.inferscale.adapter.metricsapi.selector.Requirement;
import dev.inferscale.adapter.wire.Quoted;
import dev.inferscale.signals.profile.Signal;
import java.util.List;
import java.util.OptionalDouble;
import java.util.regex.Pattern;

/// What a selector asks for: which pools, and which quantile of the signal. `quantile` is a key of
/// ours, not a label.
///
/// @param quantile empty for the signal's default
record Selection(LabelSelector pools, OptionalDouble quantile) {

  private static final String QUANTILE = "quantile";
  private static final Pattern FRACTION = Pattern.compile("0\\.[0-9]{1,12}");

  /// Reads a selector for that signal.
  ///
  /// @throws BadSelector where it does not parse, or asks for a quantile that cannot be
  static Selection parse(Signal signal, String text) throws BadSelector {
    LabelSelector all = LabelSelector.parse(text);
    List<Requirement> quantiles =
        all.requirements().stream().filter(r -> r.key().equals(QUANTILE)).toList();
    if (quantiles.isEmpty()) {
      return new Selection(all, OptionalDouble.empty());
    }
    if (!signal.hasQuantiles()) {
      throw new BadSelector(
          signal.wireName() + " has no quantiles; remove 'quantile' from the selector");
    }
    if (quantiles.size() > 1 || !quantiles.getFirst().isEquality()) {
      throw new BadSelector("'quantile' takes one value with '=', such as quantile=0.95");
    }
    double quantile = fraction(quantiles.getFirst().values().getFirst());
    return new Selection(all.only(r -> !r.key().equals(QUANTILE)), OptionalDouble.of(quantile));
  }

  private static double fraction(String text) throws BadSelector {
    double quantile = FRACTION.matcher(text).matches() ? Double.parseDouble(text) : 0;
    if (quantile <= 0 || quantile >= 1) {
      throw new BadSelector(
          "quantile " + Quoted.of(text) + " must be a decimal between 0 and 1, such as 0.95");
    }
    return quantile;
  }
}
