package dev.inferscale.signals.snapshot;

import dev.inferscale.signals.profile.Reading.Distribution;
import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.window.BucketIncrease;
import dev.inferscale.signals.window.Measured;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.Set;

/// Quantiles over a pool: the targets' bucket increases are added up first; quantiles are never
/// averaged.
final class Latencies {
  private static final double USUAL_QUANTILE = 0.9;

  private Latencies() {}

  static Answer answer(Sight sight, Signal signal, OptionalDouble quantile) {
    Distribution distribution = distribution(signal);
    List<Measured> counting = sight.knowing(m -> m.increase(distribution) != null);
    if (sight.tooFew(counting)) {
      return sight.tooFewFor(signal, counting);
    }
    BucketIncrease merged = merged(counting, distribution);
    if (!(merged.count() > 0)) {
      return nothingHappened(sight, signal, counting);
    }
    if (merged.bounds().length == 0) {
      return meanOnly(sight, signal, quantile, counting, merged);
    }
    return quantile(sight, signal, quantile.orElse(USUAL_QUANTILE), counting, merged);
  }

  private static Distribution distribution(Signal signal) {
    return switch (signal) {
      case QUEUE_WAIT -> Distribution.QUEUE_WAIT;
      case TIME_TO_FIRST_TOKEN -> Distribution.TIME_TO_FIRST_TOKEN;
      case INTER_TOKEN_LATENCY -> Distribution.INTER_TOKEN_LATENCY;
      case TIME_PER_OUTPUT_TOKEN -> Distribution.TIME_PER_OUTPUT_TOKEN;
      case LATENCY -> Distribution.LATENCY;
      default -> throw new IllegalArgumentException(signal + " has no quantiles");
    };
  }

  private static BucketIncrease merged(List<Measured> counting, Distribution distribution) {
    List<BucketIncrease> parts = new ArrayList<>(counting.size());
    for (Measured measured : counting) {
      parts.add(Objects.requireNonNull(measured.increase(distribution)));
    }
    return BucketIncrease.merge(parts);
  }

  private static Answer nothingHappened(Sight sight, Signal signal, List<Measured> counting) {
    Duration window = sight.pool().windows().latencies();
    if (!sight.full(counting)) {
      return sight.partial(counting.size());
    }
    if (sight.idleFor(window)) {
      return sight.idle(signal, 0, window);
    }
    return sight.missing(
        Absence.NOT_YET,
        "requests were in flight, but none was measured in the last "
            + Explanation.seconds(window)
            + "; wait for the next one");
  }

  /// Engines that export only sum and count: a mean can be told, a quantile cannot.
  private static Answer meanOnly(
      Sight sight,
      Signal signal,
      OptionalDouble quantile,
      List<Measured> counting,
      BucketIncrease merged) {
    double mean = merged.mean();
    if (quantile.isPresent() || !Double.isFinite(mean)) {
      String hint = Double.isFinite(mean) ? "; the mean is " + Explanation.seconds(mean) : "";
      return sight.missing(Absence.ABSENT, "the engine exports no buckets, so no quantile" + hint);
    }
    Quality quality = sight.orPartial(Quality.ESTIMATED, counting);
    return value(sight, signal, mean, counting, quality, "mean: the engine exports no buckets");
  }

  private static Answer quantile(
      Sight sight, Signal signal, double q, List<Measured> counting, BucketIncrease merged) {
    BucketIncrease.Quantile quantile = merged.quantile(q);
    double[] bounds = merged.bounds();
    String note =
        switch (quantile.place()) {
          case INSIDE -> "";
          case FIRST_BUCKET -> "at most " + Explanation.seconds(bounds[0]) + mean(merged);
          case BEYOND_LAST_BOUND -> "at least " + Explanation.seconds(quantile.value());
        };
    Quality grade = sight.quality(signal, counting);
    if (!note.isEmpty()) {
      grade = Sight.worse(grade, Quality.ESTIMATED);
    } else if (!sameBounds(counting, distribution(signal))) {
      grade = Sight.worse(grade, Quality.DERIVED);
    }
    return value(sight, signal, quantile.value(), counting, grade, note);
  }

  private static String mean(BucketIncrease merged) {
    double mean = merged.mean();
    return Double.isFinite(mean) ? "; mean " + Explanation.seconds(mean) : "";
  }

  private static boolean sameBounds(List<Measured> counting, Distribution distribution) {
    double[] first = bounds(counting.getFirst(), distribution);
    return counting.stream().allMatch(m -> Arrays.equals(bounds(m, distribution), first));
  }

  private static double[] bounds(Measured measured, Distribution distribution) {
    return Objects.requireNonNull(measured.increase(distribution)).bounds();
  }

  private static Answer value(
      Sight sight,
      Signal signal,
      double number,
      List<Measured> counting,
      Quality quality,
      String note) {
    Duration window = sight.covered(counting, sight.pool().windows().latencies());
    return sight.value(number, counting, window, quality, Set.of(signal), note);
  }
}
