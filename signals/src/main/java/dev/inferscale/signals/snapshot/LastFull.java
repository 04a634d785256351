package dev.inferscale.signals.snapshot;

import dev.inferscale.signals.pool.Target;
import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.window.Measured;
import dev.inferscale.signals.window.TargetView;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/// What a pool remembers from when enough of its targets answered: for partial sums, and for
/// holding the last good value. It keeps what each target said, so that a target that is gone takes
/// exactly its own part with it. Immutable.
///
/// @param views when enough targets were fresh, null where they never were
/// @param at when that was
/// @param counted the targets that were fresh when each additive signal was last covered, by
///   [Signal]; empty where it never was, or too long ago to be used. The list of one fold is shared
///   by its signals.
/// @param since when each signal was last covered or, where it never was, when it was first asked
///   for; by [Signal]
record LastFull(
    @Nullable List<TargetView> views,
    @Nullable Instant at,
    List<List<Measured>> counted,
    @Nullable Instant[] since) {

  /// Nothing yet.
  static final LastFull NEVER = never(Signal.values().length);

  private static LastFull never(int signals) {
    return new LastFull(null, null, Collections.nCopies(signals, List.of()), new Instant[signals]);
  }

  /// The sum of a signal when it was last covered; NaN where it never was.
  double sum(Signal signal) {
    ToDoubleFunction<Measured> part = Sums.part(signal);
    List<Measured> known =
        counted.get(signal.ordinal()).stream()
            .filter(measured -> Double.isFinite(part.applyAsDouble(measured)))
            .toList();
    return known.isEmpty() ? Double.NaN : Sums.sum(known, part);
  }

  /// How long a signal has not been fully covered.
  Duration partialFor(Signal signal, Instant now) {
    Instant from = since[signal.ordinal()];
    return from == null ? Duration.ZERO : Duration.between(from, now);
  }

  /// What is remembered after one more fold.
  LastFull next(Sight sight) {
    Duration holdFor = sight.pool().missing().holdFor();
    List<List<Measured>> nextCounted = new ArrayList<>(counted);
    @Nullable Instant[] nextSince = since.clone();
    boolean full = sight.full(sight.fresh().size());
    for (Signal signal : Signal.values()) {
      int i = signal.ordinal();
      boolean sum = signal.fold() == Signal.Fold.SUM;
      boolean covered = sum ? sight.full(sight.having(Sums.part(signal))) : full;
      if (covered || nextSince[i] == null) {
        nextSince[i] = sight.now();
      }
      if (sum && covered) {
        nextCounted.set(i, sight.fresh());
      } else if (sum && partialFor(signal, sight.now()).compareTo(holdFor) > 0) {
        nextCounted.set(i, List.of());
      }
    }
    return new LastFull(
        full ? sight.views() : views, full ? sight.now() : at, nextCounted, nextSince);
  }

  /// Forgets targets that are gone: their part of a sum must not outlive them.
  LastFull without(Set<Target> gone) {
    if (views == null || gone.isEmpty()) {
      return this;
    }
    List<TargetView> staying =
        views.stream().filter(view -> !gone.contains(view.target())).toList();
    List<List<Measured>> left =
        counted.stream()
            .map(list -> list.stream().filter(m -> !gone.contains(m.reading().target())).toList())
            .toList();
    return new LastFull(staying, at, left, since);
  }
}
