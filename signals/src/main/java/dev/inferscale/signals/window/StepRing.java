package dev.inferscale.signals.window;

import java.util.Arrays;

/// The increases of several series over the last while, one row per sub-interval. Rows are merged
/// up to a tenth of the window, so that memory does not depend on how often a target is asked;
/// increments are floats, exact up to 16 million each. Owned by one [Window].
///
/// An increase is spread evenly over the time that it took: after a gap, a rate is neither low for
/// want of readings nor high from one step that holds them all.
final class StepRing {
  private static final int SUB_INTERVALS = 10;
  private static final int ROWS = SUB_INTERVALS + 2;

  private final long windowNanos;
  private final int width;
  private final long[] starts = new long[ROWS];
  private final long[] ends = new long[ROWS];
  private final float[] increases;
  private int newest = -1;
  private int size;

  /// @param width number of series
  StepRing(long windowNanos, int width) {
    this.windowNanos = windowNanos;
    this.width = width;
    this.increases = new float[ROWS * width];
  }

  /// Adds what happened from `start` to `end` (nanoseconds, `start < end`, never before an earlier
  /// step); NaN where it is not known.
  void add(long start, long end, double[] step) {
    if (!mergeable(start, end, step)) {
      newest = (newest + 1) % ROWS;
      size = Math.min(size + 1, ROWS);
      starts[newest] = start;
      Arrays.fill(increases, newest * width, (newest + 1) * width, 0);
    }
    ends[newest] = end;
    int row = newest * width;
    for (int i = 0; i < width; i++) {
      increases[row + i] += (float) step[i];
    }
    while (ends[oldest()] <= cutoff()) {
      size--;
    }
  }

  /// Short steps join a row that is still short and knows the same series.
  private boolean mergeable(long start, long end, double[] step) {
    long most = windowNanos / SUB_INTERVALS;
    if (size == 0
        || start != ends[newest]
        || ends[newest] - starts[newest] >= most
        || end - start > most) {
      return false;
    }
    for (int i = 0; i < width; i++) {
      if (Double.isNaN(step[i]) != Float.isNaN(increases[newest * width + i])) {
        return false;
      }
    }
    return true;
  }

  /// The increase of one series per second over the part of the window in which it is known; NaN
  /// where that is none.
  double rate(int series) {
    double increase = 0;
    double nanos = 0;
    for (int back = 0; back < size; back++) {
      int row = row(back);
      double known = increases[row * width + series];
      if (!Double.isNaN(known)) {
        long inside = ends[row] - Math.max(starts[row], cutoff());
        increase += known * ((double) inside / (ends[row] - starts[row]));
        nanos += inside;
      }
    }
    return nanos == 0 ? Double.NaN : increase / nanos * 1e9;
  }

  /// The increases of all series over all rows that reach into the window, whole rows: events are
  /// not cut into fractions.
  double[] totals() {
    double[] totals = new double[width];
    for (int back = 0; back < size; back++) {
      int row = row(back) * width;
      for (int i = 0; i < width; i++) {
        totals[i] += increases[row + i];
      }
    }
    return totals;
  }

  private long cutoff() {
    return ends[newest] - windowNanos;
  }

  private int oldest() {
    return row(size - 1);
  }

  private int row(int back) {
    return Math.floorMod(newest - back, ROWS);
  }
}
