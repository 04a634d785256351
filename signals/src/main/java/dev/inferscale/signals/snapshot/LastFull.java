package dev.inferscale.signals.snapshot;

import dev.inferscale.signals.pool.Target;
import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.window.Measured;
import dev.inferscale.signals.window.TargetView;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/// What a pool remembers from when enough of its targets answered: for partial sums, and for
/// holding the last good value. Immutable.
///
/// @param views when enough targets were fresh, null where they never were
/// @param at when that was
/// @param sums of each additive signal when it was last covered, by [Signal]; NaN where it never
///   was
/// @param since when each additive signal was last covered or, where it never was, when it was
///   first asked for; by [Signal]
record LastFull(
    @Nullable List<TargetView> views,
    @Nullable Instant at,
    double[] sums,
    @Nullable Instant[] since) {

  static LastFull never() {
    double[] sums = new double[Signal.values().length];
    Arrays.fill(sums, Double.NaN);
    return new LastFull(null, null, sums, new Instant[sums.length]);
  }

  double sum(Signal signal) {
    return sums[signal.ordinal()];
  }

  /// How long a signal has not been fully covered.
  Duration partialFor(Signal signal, Instant now) {
    Instant from = since[signal.ordinal()];
    return from == null ? Duration.ZERO : Duration.between(from, now);
  }

  /// What is remembered after one more fold.
  LastFull next(Sight sight) {
    double[] nextSums = sums.clone();
    @Nullable Instant[] nextSince = since.clone();
    for (Signal signal : Sums.SIGNALS) {
      ToDoubleFunction<Measured> part = Sums.part(signal);
      double sum = 0;
      int counting = 0;
      for (Measured measured : sight.fresh()) {
        double value = part.applyAsDouble(measured);
        if (Double.isFinite(value)) {
          sum += value;
          counting++;
        }
      }
      int i = signal.ordinal();
      if (sight.full(counting)) {
        nextSums[i] = sum;
        nextSince[i] = sight.now();
      } else if (nextSince[i] == null) {
        nextSince[i] = sight.now();
      }
    }
    boolean full = sight.full(sight.fresh().size());
    return new LastFull(full ? sight.views() : views, full ? sight.now() : at, nextSums, nextSince);
  }

  /// Forgets targets that are gone: their part of a sum must not outlive them.
  LastFull without(Set<Target> gone) {
    if (views == null || gone.isEmpty()) {
      return this;
    }
    double[] left = sums.clone();
    for (TargetView view : views) {
      Measured measured = view.measured();
      if (measured != null && gone.contains(view.target())) {
        for (Signal signal : Sums.SIGNALS) {
          double part = Sums.part(signal).applyAsDouble(measured);
          left[signal.ordinal()] -= Double.isFinite(part) ? part : 0;
        }
      }
    }
    List<TargetView> staying =
        views.stream().filter(view -> !gone.contains(view.target())).toList();
    return new LastFull(staying, at, left, since);
  }
}
