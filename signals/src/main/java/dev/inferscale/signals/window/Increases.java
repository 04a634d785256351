package dev.inferscale.signals.window;

import dev.inferscale.signals.profile.Reading;
import dev.inferscale.signals.profile.Reading.Histogram;
import dev.inferscale.signals.profile.Reading.Ranks;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Differences between two readings of one target, never negative. After a restart the increase is
/// the new value (Prometheus' rule).
///
/// A total is a sum over ranks and models of one page. Where others are summed than before, or the
/// sum fell although the process did not restart, nobody knows the increase: what is left of the
/// sum is history, not a burst.
final class Increases {
  private Increases() {}

  /// How a total goes on from one reading to the next.
  enum Course {
    /// The process is another, and so is every total.
    RESTARTED,
    /// The same total; one that fell began anew, since nothing tells a restart otherwise.
    MAY_RESTART,
    /// The same total; one that fell lost something.
    GOES_ON,
    /// A sum over others than before.
    OTHER
  }

  static Course course(Reading before, Reading after, Ranks was, Ranks is) {
    boolean marked = !before.restartMark().isEmpty() && !after.restartMark().isEmpty();
    if (marked && !before.restartMark().equals(after.restartMark())) {
      return Course.RESTARTED;
    }
    if (!was.equals(is)) {
      return Course.OTHER;
    }
    return marked || is.count() > 1 ? Course.GOES_ON : Course.MAY_RESTART;
  }

  /// The increase of a total; NaN where it is not known, also where either side is absent, since a
  /// series that appears may have counted for days.
  static double of(double before, double after, Course course) {
    if (Double.isNaN(before) || Double.isNaN(after) || course == Course.OTHER) {
      return Double.NaN;
    }
    if (course == Course.RESTARTED) {
      return after;
    }
    double fallen = course == Course.MAY_RESTART ? after : Double.NaN;
    return after < before ? fallen : after - before;
  }

  /// The increase of each bucket, not cumulative, and of the sum in one more place; null where it
  /// is not known. Other bounds than before, or any bucket that fell, are a restart.
  static double @Nullable [] of(Histogram before, Histogram after, Course course) {
    boolean otherBounds = !Arrays.equals(before.bounds(), after.bounds());
    boolean fell = !otherBounds && fell(before, after);
    if (course == Course.OTHER || (fell && course == Course.GOES_ON)) {
      return null;
    }
    boolean fresh = course == Course.RESTARTED || otherBounds || fell;
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
