package dev.inferscale.signals.snapshot;

import dev.inferscale.signals.pool.ModelPool;
import dev.inferscale.signals.profile.Reading.Grade;
import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.window.Measured;
import dev.inferscale.signals.window.TargetView;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/// What can be seen of a pool at one instant: all its targets, and those whose latest reading is
/// fresh enough to count. Each answer is a pure function of it.
///
/// @param fresh in the order of `views`
record Sight(ModelPool pool, List<TargetView> views, List<Measured> fresh, Instant now) {
  /// With less than this share of the targets nothing is answered.
  private static final double LEAST_COVERAGE = 0.5;

  private static final int MOST_SERIES = 8;

  static Sight of(ModelPool pool, List<TargetView> views, Instant now) {
    return of(pool, views, now, pool.missing().staleAfter());
  }

  private static Sight of(
      ModelPool pool, List<TargetView> views, Instant now, Duration staleAfter) {
    List<Measured> fresh = new ArrayList<>(views.size());
    for (TargetView view : views) {
      Measured measured = view.measured();
      if (measured != null && fresh(measured, staleAfter, now)) {
        fresh.add(measured);
      }
    }
    return new Sight(pool, views, fresh, now);
  }

  /// The same as if those that are silent said now what they said last, each for as long as the
  /// pool holds values after it stopped counting.
  Sight remembering() {
    return of(pool, views, now, pool.missing().staleAfter().plus(pool.missing().holdFor()));
  }

  /// The same at a later instant, up to which nothing grows stale.
  Sight at(Instant later) {
    return new Sight(pool, views, fresh, later);
  }

  /// The last instant at which all that is fresh still is.
  Instant freshUntil() {
    Instant oldest = Instant.MAX;
    for (Measured measured : fresh) {
      oldest = measured.at().isBefore(oldest) ? measured.at() : oldest;
    }
    return fresh.isEmpty() ? oldest : oldest.plus(pool.missing().staleAfter());
  }

  static boolean fresh(Measured measured, Duration staleAfter, Instant now) {
    return Duration.between(measured.at(), now).compareTo(staleAfter) <= 0;
  }

  /// How many targets should count.
  int total() {
    return views.size();
  }

  /// The fresh targets that know something.
  List<Measured> knowing(Predicate<Measured> something) {
    return fresh.stream().filter(something).toList();
  }

  /// The fresh targets for which a value is known.
  List<Measured> having(ToDoubleFunction<Measured> value) {
    return knowing(measured -> Double.isFinite(value.applyAsDouble(measured)));
  }

  /// True where enough targets count for an answer without reserve.
  boolean full(List<Measured> counting) {
    return full(counting.size());
  }

  boolean full(int counting) {
    return counting > 0 && counting >= pool.missing().minCoverage() * total() - 1e-9;
  }

  /// True where too few targets count for any answer.
  boolean tooFew(List<Measured> counting) {
    return counting.isEmpty() || counting.size() < LEAST_COVERAGE * total();
  }

  /// True where all that should count does and none of it had anything to do for so long.
  boolean idleFor(Duration window) {
    return full(fresh) && fresh.stream().allMatch(measured -> measured.idleFor(window));
  }

  /// The worst quality among those that count, or partial where some are missing.
  Quality quality(Signal signal, List<Measured> counting) {
    Quality worst = Quality.EXACT;
    for (Measured measured : counting) {
      Quality quality =
          switch (measured.reading().provenance(signal).grade()) {
            case DIRECT -> Quality.EXACT;
            case DERIVED, ABSENT -> Quality.DERIVED;
            case ESTIMATED -> Quality.ESTIMATED;
          };
      worst = worse(worst, quality);
    }
    return orPartial(worst, counting);
  }

  Quality orPartial(Quality quality, List<Measured> counting) {
    return full(counting) ? quality : Quality.PARTIAL;
  }

  static Quality worse(Quality a, Quality b) {
    return a.compareTo(b) >= 0 ? a : b;
  }

  /// A number over those that count, with its age and series; every value passes here. One that is
  /// not finite is refused: readings may be finite each and their sum beyond all numbers.
  ///
  /// @param from the signals whose series it came from
  Answer value(
      double number,
      List<Measured> counting,
      @Nullable Duration window,
      Quality quality,
      Set<Signal> from,
      String note) {
    List<String> series = series(counting, from);
    if (!Double.isFinite(number)) {
      return beyond(series);
    }
    return new Answer.Value(
        number,
        oldestAge(counting),
        window,
        quality,
        counting.size(),
        total(),
        series,
        Explanation.line(note));
  }

  /// No number comes of these series.
  Answer.Missing beyond(List<String> series) {
    String of = series.isEmpty() ? "" : " of " + Explanation.outside(series.getFirst());
    return missing(
        Absence.REFUSED,
        "the targets' readings" + of + " come to no finite number; one of them cannot be true");
  }

  /// Zero (or one), since nothing happened and everybody said so.
  Answer idle(Signal signal, double number, Duration window) {
    return value(
        number,
        fresh,
        window,
        Quality.IDLE,
        Set.of(signal),
        "nothing was waiting or running for " + Explanation.seconds(window));
  }

  private Duration oldestAge(List<Measured> counting) {
    return counting.stream()
        .map(measured -> age(measured.at()))
        .max(Comparator.naturalOrder())
        .orElse(Duration.ZERO);
  }

  /// An age is never negative: a reader may hold a clock value from just before the fold's.
  private Duration age(Instant at) {
    Duration age = Duration.between(at, now);
    return age.isNegative() ? Duration.ZERO : age;
  }

  private static List<String> series(List<Measured> counting, Set<Signal> from) {
    Set<String> series = new LinkedHashSet<>();
    List<String> last = List.of();
    for (Signal signal : from) {
      for (Measured measured : counting) {
        List<String> names = measured.reading().provenance(signal).from();
        // Targets of one profile share the list, so that this is cheap.
        if (!names.equals(last)) {
          series.addAll(names);
          last = names;
        }
      }
    }
    return series.stream().limit(MOST_SERIES).toList();
  }

  /// For how long the targets that count have been watched, at most a window.
  Duration covered(List<Measured> counting, Duration window) {
    Duration longest =
        counting.stream()
            .map(Measured::watched)
            .max(Comparator.naturalOrder())
            .orElse(Duration.ZERO);
    return longest.compareTo(window) < 0 ? longest : window;
  }

  Answer.Missing missing(Absence why, String explanation) {
    Duration age =
        views.stream()
            .<Measured>mapMulti((view, taker) -> {
              Measured measured = view.measured();
              if (measured != null) {
                taker.accept(measured);
              }
            })
            .map(measured -> age(measured.at()))
            .min(Comparator.naturalOrder())
            .orElse(null);
    return new Answer.Missing(why, Explanation.line(explanation), age);
  }

  /// Why too few targets count for a signal.
  Answer.Missing tooFewFor(Signal signal, List<Measured> counting) {
    if (fresh.isEmpty()) {
      return Silence.of(this);
    }
    Set<Measured> counted = new HashSet<>(counting);
    List<Measured> waited = knowing(m -> !counted.contains(m) && grade(m, signal) != Grade.ABSENT);
    if (counting.isEmpty() && waited.isEmpty()) {
      return absent(signal);
    }
    long unasked = views.stream().filter(view -> !view.asked()).count();
    if (counting.size() + waited.size() + unasked >= LEAST_COVERAGE * total()) {
      String next =
          unasked > 0
              ? "the others have not been asked yet; wait for their first reading"
              : "the others need a second reading; wait for it";
      return missing(
          Absence.NOT_YET, counting.size() + " of " + total() + " targets count; " + next);
    }
    return partial(counting.size());
  }

  private static Grade grade(Measured measured, Signal signal) {
    return measured.reading().provenance(signal).grade();
  }

  private Answer.Missing absent(Signal signal) {
    String sentence = fresh.getFirst().reading().provenance(signal).absence();
    String engine = fresh.getFirst().reading().profile();
    return missing(Absence.ABSENT, sentence.isEmpty() ? engine + " does not export it" : sentence);
  }

  Answer.Missing partial(int counting) {
    return missing(
        Absence.PARTIAL,
        counting + " of " + total() + " targets count; " + Silence.firstFault(this));
  }
}
