package dev.inferscale.signals.window;

import dev.inferscale.signals.profile.Reading;
import dev.inferscale.signals.profile.Reading.Histogram;
import java.util.Arrays;

/// Differences between two readings of one target, never negative. After a restart the increase is
/// the new value (Prometheus' rule).
final class Increases {
  private Increases() {}

  /// True where both pages tell when their process started, and differ.
  static boolean restarted(Reading before, Reading after) {
    return !before.restartMark().isEmpty()
        && !after.restartMark().isEmpty()
        && !before.restartMark().equals(after.restartMark());
  }

  /// The increase of a total; NaN where either side is absent, since a series that appears may have
  /// counted for days.
  static double of(double before, double after, boolean restarted) {
    if (Double.isNaN(before) || Double.isNaN(after)) {
      return Double.NaN;
    }
    return restarted || after < before ? after : after - before;
  }

  /// The increase of each bucket, not cumulative, and of the sum in one more place. Other bounds
  /// than before, or any bucket that fell, are a restart.
  static double[] of(Histogram before, Histogram after, boolean restarted) {
    boolean fresh =
        restarted || !Arrays.equals(before.bounds(), after.bounds()) || fell(before, after);
    double[] now = after.cumulative();
    double[] step = new double[now.length + 1];
    double below = 0;
    for (int i = 0; i < now.length; i++) {
      double upTo = fresh ? now[i] : now[i] - before.cumulative()[i];
      // A page caught between two updates may show an observation moving down a bucket.
      step[i] = Math.max(0, upTo - below);
      below = Math.max(below, upTo);
    }
    step[now.length] = fresh ? after.sum() : Math.max(0, after.sum() - before.sum());
    return step;
  }

  private static boolean fell(Histogram before, Histogram after) {
    for (int i = 0; i < after.cumulative().length; i++) {
      if (after.cumulative()[i] < before.cumulative()[i]) {
        return true;
      }
    }
    return false;
  }
}
