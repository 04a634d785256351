package dev.inferscale.keda.answer;

import dev.inferscale.keda.trigger.Trigger;

/// One number in both forms that KEDA knows. Since 2.17 it reads the decimal one wherever that is
/// greater than 0; before, it knew the whole one only. A trigger's target and values have their
/// whole form in the same grain, which its metadata alone decides, so that both kinds of KEDA come
/// to the same replicas.
///
/// @param whole at least 0; 0 only if `exact` is
/// @param exact finite, at least 0
public record Pair(long whole, double exact) {

  /// In thousandths, the grain of Kubernetes' own arithmetic with quantities.
  private static final double FINE = 1000;

  /// Beyond it a quantity in thousandths overflows.
  static final double MOST = 9.2e15;

  /// The number of that trigger.
  ///
  /// @param number finite, 0 to 9.2e15
  public static Pair of(Trigger trigger, double number) {
    // A count is rounded up: ceil(ceil(v) / t) is ceil(v / t) for every whole t.
    double whole = isCount(trigger) ? Math.ceil(number) : Math.round(number * FINE);
    return new Pair(number > 0 ? Math.max(1, (long) whole) : 0, Math.max(0, number));
  }

  /// Ratios, seconds and rates would lose what matters, and so would a target that is a fraction.
  private static boolean isCount(Trigger trigger) {
    return switch (trigger.signal().unit()) {
      case REQUESTS, TOKENS, BYTES, REPLICAS -> trigger.target() == Math.rint(trigger.target());
      case SECONDS, PER_SECOND, RATIO, PODS, USD -> false;
    };
  }
}
