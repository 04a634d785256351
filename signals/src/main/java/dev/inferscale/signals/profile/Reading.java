package dev.inferscale.signals.profile;

import dev.inferscale.signals.pool.Target;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One target at one instant, in our names and units. Arrays are indexed by the enums' ordinals and
/// never written after construction. Nothing in it is ever NaN except as "absent" in `gauges` and
/// `counters`.
///
/// @param at when the page was fetched (monotonic, from the injected clock)
/// @param profile the profile that read it
/// @param model the model name the engine shows, null where it shows none
/// @param gauges by [Gauge]; NaN is absent
/// @param counters by [Counter]; NaN is absent
/// @param histograms by [Distribution]; null is absent
/// @param provenance for each signal, in the order of [Signal]: where it comes from on this page,
///   or why it is absent
/// @param restartMark changes exactly when the engine restarts (its start time), empty where the
///   page has none
public record Reading(
    Target target,
    Instant at,
    String profile,
    @Nullable String model,
    double[] gauges,
    double[] counters,
    @Nullable Histogram[] histograms,
    List<Provenance> provenance,
    String restartMark) {

  public double gauge(Gauge gauge) {
    return gauges[gauge.ordinal()];
  }

  public double counter(Counter counter) {
    return counters[counter.ordinal()];
  }

  public @Nullable Histogram histogram(Distribution distribution) {
    return histograms[distribution.ordinal()];
  }

  public Provenance provenance(Signal signal) {
    return provenance.get(signal.ordinal());
  }

  /// Where a signal comes from on one page.
  ///
  /// @param from names of the engine's series, in the spelling of the page; empty where the signal
  ///   is absent
  /// @param grade how directly the engine tells it
  /// @param absence why the signal cannot be had and what would change that; empty where it can
  public record Provenance(List<String> from, Grade grade, String absence) {}

  /// How directly an engine tells a signal.
  public enum Grade {
    /// The engine exports it.
    DIRECT,
    /// Computed from exported values without loss (usage times capacity).
    DERIVED,
    /// Computed with an assumption (waiting requests times mean prompt length).
    ESTIMATED,
    ABSENT
  }
}
