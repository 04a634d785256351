package dev.inferscale.signals.window;

import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;

/// How many observations fell into each bucket of a histogram during a window. Immutable; the
/// arrays are never written after construction.
///
/// @param bounds upper bounds, ascending, finite; empty where only sum and count are known
/// @param counts observations per bucket, not cumulative; one longer than `bounds`, the last bucket
///   has no upper bound
/// @param sum of all observations, NaN where the engine does not tell
public record BucketIncrease(double[] bounds, double[] counts, double sum) {

  /// All observations.
  public double count() {
    double count = 0;
    for (double bucket : counts) {
      count += bucket;
    }
    return count;
  }

  /// The mean of the observations; NaN without any, or without a sum.
  public double mean() {
    return sum / count();
  }

  /// Adds up the increases of several pods. Where bounds differ, each is interpolated on the union
  /// of all bounds first, so that no observation is lost.
  ///
  /// @param parts at least one
  public static BucketIncrease merge(List<BucketIncrease> parts) {
    double[] bounds = union(parts);
    double[] counts = new double[bounds.length + 1];
    double sum = 0;
    for (BucketIncrease part : parts) {
      double[] spread = Arrays.equals(part.bounds, bounds) ? part.counts : part.on(bounds);
      for (int i = 0; i < counts.length; i++) {
        counts[i] += spread[i];
      }
      sum += part.sum;
    }
    return new BucketIncrease(bounds, counts, sum);
  }

  private static double[] union(List<BucketIncrease> parts) {
    double[] first = parts.getFirst().bounds;
    if (parts.stream().allMatch(part -> Arrays.equals(part.bounds, first))) {
      return first;
    }
    return parts.stream()
        .flatMapToDouble(part -> DoubleStream.of(part.bounds))
        .sorted()
        .distinct()
        .toArray();
  }

  /// These observations in other buckets, whose bounds include all of ours.
  private double[] on(double[] finer) {
    double[] spread = new double[finer.length + 1];
    double below = 0;
    for (int i = 0; i < finer.length; i++) {
      double upTo = atOrBelow(finer[i]);
      spread[i] = upTo - below;
      below = upTo;
    }
    spread[finer.length] = count() - below;
    return spread;
  }

  /// Observations at or below a value, linear inside a bucket; the first bucket begins at 0.
  private double atOrBelow(double value) {
    double below = 0;
    double lower = 0;
    for (int i = 0; i < bounds.length; i++) {
      if (value >= bounds[i]) {
        below += counts[i];
        lower = bounds[i];
      } else {
        boolean inside = value > lower && bounds[i] > lower;
        return below + (inside ? counts[i] * (value - lower) / (bounds[i] - lower) : 0);
      }
    }
    return below;
  }

  /// The quantile as Prometheus' `histogram_quantile` computes it: linear inside a bucket, the
  /// first bucket begins at 0 (or is a point where its bound is not above 0), and what lies beyond
  /// the last bound counts as the last bound.
  ///
  /// @param q 0 < q < 1
  /// @return meaningful only where there are bounds and observations
  public Quantile quantile(double q) {
    double rank = q * count();
    double below = 0;
    for (int i = 0; i < bounds.length; i++) {
      if (below + counts[i] >= rank && counts[i] > 0) {
        return inBucket(i, (rank - below) / counts[i]);
      }
      below += counts[i];
    }
    return new Quantile(bounds[bounds.length - 1], Quantile.Place.BEYOND_LAST_BOUND);
  }

  private Quantile inBucket(int bucket, double share) {
    double upper = bounds[bucket];
    if (bucket == 0) {
      double value = upper <= 0 ? upper : upper * share;
      return new Quantile(value, Quantile.Place.FIRST_BUCKET);
    }
    double lower = bounds[bucket - 1];
    return new Quantile(lower + (upper - lower) * share, Quantile.Place.INSIDE);
  }

  /// A quantile and how far it can be trusted.
  public record Quantile(double value, Place place) {

    /// Where among the buckets it lies.
    public enum Place {
      INSIDE,
      /// Anywhere from 0 to the first bound: the interpolated value is little more than a guess.
      FIRST_BUCKET,
      /// At least the last bound.
      BEYOND_LAST_BOUND
    }
  }
}
