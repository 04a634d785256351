package dev.inferscale.signals.profile;

import dev.inferscale.signals.exposition.Part;
import dev.inferscale.signals.profile.Reading.Histogram;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Adds up the histograms of one page over their label sets. Cumulative counts at a bound that all
/// label sets have may simply be added; a bound that only some of them have is left out, which
/// loses detail and nothing else.
final class HistogramReading {
  private static final double[] NO_BOUNDS = {};

  private final PageReading page;
  private final Evaluation evaluation;

  HistogramReading(PageReading page, Evaluation evaluation) {
    this.page = page;
    this.evaluation = evaluation;
  }

  /// The first shape that is on the page.
  ///
  /// @param meanOnly true where nobody asks for quantiles, so that buckets need not be kept
  Found first(List<Rules.Shape> shapes, boolean meanOnly) {
    for (Rules.Shape shape : shapes) {
      page.begin();
      Histogram histogram = read(shape);
      if (page.trouble() != null) {
        return new Found(null, Quantity.troubled(page.trouble()).provenance());
      }
      if (histogram != null) {
        Histogram kept = meanOnly ? withoutBuckets(histogram) : histogram;
        return new Found(kept, new Reading.Provenance(page.taken(), shape.grade(), ""));
      }
    }
    return new Found(null, Quantity.ABSENT.provenance());
  }

  private static Histogram withoutBuckets(Histogram histogram) {
    return new Histogram(NO_BOUNDS, new double[] {histogram.count()}, histogram.sum());
  }

  /// The histogram of that shape, null where the page lacks it or it cannot be used.
  private @Nullable Histogram read(Rules.Shape shape) {
    if (shape.whole() != null) {
      Gathering gathering = page.gather(shape.whole());
      return gathering == null ? null : summed(gathering, shape.scale());
    }
    if (shape.sum() == null || shape.count() == null) {
      return null;
    }
    double sum = evaluation.total(shape.sum());
    double count = evaluation.total(shape.count());
    boolean known = !Double.isNaN(sum) && !Double.isNaN(count);
    return known ? new Histogram(NO_BOUNDS, new double[] {count}, sum * shape.scale()) : null;
  }

  private @Nullable Histogram summed(Gathering gathering, double scale) {
    double sum = Double.NaN;
    double counted = Double.NaN;
    double infinite = Double.NaN;
    int labelSets = 0;
    for (int i = 0; i < gathering.size(); i++) {
      Part part = gathering.part(i);
      double value = gathering.value(i);
      if (part == Part.SUM) {
        sum = plus(sum, value);
      } else if (isUnusable(gathering, i)) {
        page.troubledBy(
            page.taken().getLast() + " has a bucket or a count without a usable number");
        return null;
      } else if (part == Part.COUNT) {
        counted = plus(counted, value);
      } else if (part == Part.BUCKET && gathering.bound(i) == Double.POSITIVE_INFINITY) {
        infinite = plus(infinite, value);
        labelSets++;
      }
    }
    double count = Double.isNaN(infinite) ? counted : infinite;
    return Double.isNaN(count) ? null : histogram(gathering, labelSets, count, sum, scale);
  }

  private static boolean isUnusable(Gathering gathering, int entry) {
    boolean bucket = gathering.part(entry) == Part.BUCKET;
    boolean counts = bucket || gathering.part(entry) == Part.COUNT;
    return counts
        && (Double.isNaN(gathering.value(entry))
            || (bucket && Double.isNaN(gathering.bound(entry))));
  }

  private static double plus(double total, double value) {
    return Double.isNaN(total) ? value : total + value;
  }

  private static Histogram histogram(
      Gathering gathering, int labelSets, double count, double sum, double scale) {
    double[] bounds = commonBounds(gathering, labelSets);
    double[] cumulative = new double[bounds.length + 1];
    for (int i = 0; i < gathering.size(); i++) {
      if (gathering.part(i) == Part.BUCKET) {
        int at = Arrays.binarySearch(bounds, gathering.bound(i));
        if (at >= 0) {
          cumulative[at] += gathering.value(i);
        }
      }
    }
    cumulative[bounds.length] = count;
    // Buckets are read while requests end, so that a later one may be a little behind.
    for (int i = 1; i < cumulative.length; i++) {
      cumulative[i] = Math.max(cumulative[i], cumulative[i - 1]);
    }
    for (int i = 0; i < bounds.length; i++) {
      bounds[i] *= scale;
    }
    return new Histogram(bounds, cumulative, Double.isFinite(sum) ? sum * scale : Double.NaN);
  }

  /// The finite bounds that every label set has, ascending.
  private static double[] commonBounds(Gathering gathering, int labelSets) {
    double[] all = new double[gathering.size()];
    int size = 0;
    for (int i = 0; i < gathering.size(); i++) {
      if (gathering.part(i) == Part.BUCKET && Double.isFinite(gathering.bound(i))) {
        all[size++] = gathering.bound(i);
      }
    }
    Arrays.sort(all, 0, size);
    int kept = 0;
    for (int from = 0; from < size; ) {
      int to = from;
      while (to < size && all[to] == all[from]) {
        to++;
      }
      // Without a +Inf bucket nobody knows how many label sets there are; then there is one.
      if (to - from == Math.max(labelSets, 1)) {
        all[kept++] = all[from];
      }
      from = to;
    }
    return Arrays.copyOf(all, kept);
  }

  /// What became of a distribution.
  ///
  /// @param histogram null where it is absent
  /// @param provenance its series and grade, or why it is absent
  record Found(@Nullable Histogram histogram, Reading.Provenance provenance) {}
}
