package dev.inferscale.app.hpa;

import dev.inferscale.app.hpa.Hpa.Goal;
import java.util.Arrays;

/// How many replicas one metric asks for, as kube-controller-manager computes it
/// (`pkg/controller/podautoscaler/replica_calculator.go` of Kubernetes 1.36, in doubles as there).
final class Arithmetic {

  /// The replicas there are.
  ///
  /// @param wanted `spec.replicas` of the scale target, which a `Value` starts from
  /// @param counted `status.replicas`, which an `AverageValue` is divided by
  /// @param ready pods that run and are ready, which a `Value` is multiplied by
  record Scale(int wanted, int counted, int ready) {}

  /// What comes of it.
  sealed interface Proposal {}

  /// A number of replicas.
  ///
  /// @param ratio of the number to the target; infinite at 0 replicas
  /// @param kept true where the ratio is within the tolerance, so that nothing changes
  /// @param formula how the count came about, with the numbers in it
  record Replicas(int count, double ratio, boolean kept, String formula) implements Proposal {}

  /// Nothing, and why.
  record Invalid(String why) implements Proposal {}

  /// The sums, in thousandths, at which the proposal changes.
  ///
  /// @param more above this it asks for more; infinite where it does not
  /// @param fewer below this it asks for fewer; 0 where it does not
  record Edges(double more, double fewer) {}

  private Arithmetic() {}

  /// What one number asks for.
  ///
  /// @param milli the sum of what was read, in thousandths
  static Proposal propose(long milli, Goal goal, Scale scale, double down, double up) {
    if (goal.milli() <= 0) {
      return new Invalid("the target must be greater than 0");
    }
    return goal.perReplica()
        ? average(milli, goal.milli(), scale, down, up)
        : value(milli, goal.milli(), scale, down, up);
  }

  /// What the values of pods ask for, where no pod lacks one: their mean against the target.
  ///
  /// @param milli the sum, and
  /// @param count the number of the pods that have a value, at least 1
  static Proposal pods(long milli, int count, Goal goal, Scale scale, double down, double up) {
    if (goal.milli() <= 0) {
      return new Invalid("the target must be greater than 0");
    }
    long mean = milli / count;
    double ratio = (double) mean / goal.milli();
    if (isWithin(ratio, down, up)) {
      return new Replicas(scale.wanted(), ratio, true, "stays at " + scale.wanted());
    }
    int needed = count(Math.ceil(ratio * count));
    return new Replicas(
        needed,
        ratio,
        false,
        "ceil(%s / %s x %d pods) = %d".formatted(text(mean), text(goal.milli()), count, needed));
  }

  private static Proposal average(long milli, long target, Scale scale, double down, double up) {
    double needed = Math.ceil((double) milli / target);
    String division = "ceil(" + text(milli) + " / " + text(target) + ") = " + count(needed);
    if (scale.counted() == 0) {
      return new Replicas(
          count(needed),
          Double.POSITIVE_INFINITY,
          false,
          "0 replicas: desired = ceil(sum/target) = " + division);
    }
    double ratio = milli / ((double) target * scale.counted());
    return isWithin(ratio, down, up)
        ? new Replicas(scale.counted(), ratio, true, "stays at " + scale.counted())
        : new Replicas(count(needed), ratio, false, division);
  }

  private static Proposal value(long milli, long target, Scale scale, double down, double up) {
    double ratio = (double) milli / target;
    if (scale.wanted() == 0) {
      int needed = count(Math.ceil(ratio));
      return new Replicas(
          needed,
          ratio,
          false,
          "0 replicas: desired = ceil(value/target) = ceil("
              + text(milli)
              + " / "
              + text(target)
              + ") = "
              + needed);
    }
    if (isWithin(ratio, down, up)) {
      return new Replicas(scale.wanted(), ratio, true, "stays at " + scale.wanted());
    }
    int needed = count(Math.ceil(ratio * scale.ready()));
    return new Replicas(
        needed,
        ratio,
        false,
        "ceil(%s / %s x %d ready) = %d"
            .formatted(text(milli), text(target), scale.ready(), needed));
  }

  /// Where the proposal for that number would change: found by asking just beside the places where
  /// one more replica is needed and where the tolerance begins and ends.
  static Edges edges(long milli, Goal goal, Scale scale, double down, double up) {
    int count = counted(milli, goal, scale, down, up);
    int now = goal.perReplica() ? scale.counted() : scale.wanted();
    double whole = goal.perReplica() ? (double) goal.milli() * now : goal.milli();
    double unit = goal.perReplica() ? goal.milli() : (double) goal.milli() / scale.ready();
    double[] places = {
      whole * (1 - down), whole * (1 + up), unit * count, unit * (count - 1), unit * now
    };
    double more =
        Arrays.stream(places)
            .filter(place -> counted(beside(place, 1), goal, scale, down, up) > count)
            .filter(place -> beside(place, 1) > milli)
            .min()
            .orElse(Double.POSITIVE_INFINITY);
    double fewer =
        Arrays.stream(places)
            .filter(place -> counted(beside(place, -1), goal, scale, down, up) < count)
            .filter(place -> beside(place, -1) < milli)
            .max()
            .orElse(0);
    return new Edges(more, Math.max(0, fewer));
  }

  private static int counted(long milli, Goal goal, Scale scale, double down, double up) {
    return propose(Math.max(0, milli), goal, scale, down, up) instanceof Replicas replicas
        ? replicas.count()
        : 0;
  }

  /// The next whole number on that side, beyond the rounding of doubles.
  private static long beside(double place, int side) {
    double beyond = place * (1 + side * 1e-9);
    return side > 0 ? (long) Math.ceil(beyond) + 1 : (long) Math.floor(beyond) - 1;
  }

  private static boolean isWithin(double ratio, double down, double up) {
    return 1 - down <= ratio && ratio <= 1 + up;
  }

  /// Replicas are 32-bit numbers; more is cut there, as the controller does.
  private static int count(double replicas) {
    return (int) Math.clamp(replicas, 0, Integer.MAX_VALUE);
  }

  private static String text(long milli) {
    return Quantities.plain((double) milli);
  }
}
