package dev.inferscale.app.hpa;

import dev.inferscale.app.hpa.Arithmetic.Invalid;
import dev.inferscale.app.hpa.Arithmetic.Proposal;
import dev.inferscale.app.hpa.Arithmetic.Replicas;
import dev.inferscale.app.hpa.Arithmetic.Scale;
import dev.inferscale.app.hpa.Hpa.Behavior;
import dev.inferscale.app.hpa.Hpa.Policy;
import java.util.ArrayList;
import java.util.List;

/// What the controller does with the proposals of all metrics, as far as one look can tell: of the
/// past it knows nothing, so stabilisation is said and not computed.
///
/// @param desired replicas after this period
/// @param because one line for each step that led there
record Outcome(int desired, List<String> because) {
  Outcome {
    because = List.copyOf(because);
  }

  /// Combines as `computeReplicasForMetrics` and `normalizeDesiredReplicasWithBehaviors` of
  /// kube-controller-manager do.
  static Outcome of(Hpa hpa, Scale scale, List<? extends Proposal> proposals) {
    int now = scale.wanted();
    if (now == 0 && hpa.minReplicas() > 0) {
      return new Outcome(
          0,
          List.of(
              "scaling is disabled: the target was set to 0 replicas, and minReplicas is "
                  + hpa.minReplicas()
                  + "; the HPA does not even read its metrics"));
    }
    List<String> because = new ArrayList<>();
    int invalid = (int) proposals.stream().filter(Invalid.class::isInstance).count();
    int largest =
        proposals.stream()
            .filter(Replicas.class::isInstance)
            .mapToInt(proposal -> ((Replicas) proposal).count())
            .max()
            .orElse(-1);
    if (largest < 0) {
      because.add("stays at " + now + ": no metric has a value");
      return new Outcome(now, because);
    }
    if (invalid > 0 && largest < now) {
      because.add(
          "stays at %d: %d of %d metrics have no value, and then nothing is scaled down"
              .formatted(now, invalid, proposals.size()));
      return new Outcome(now, because);
    }
    because.add(largest + (proposals.size() == 1 ? " is wished for" : " is the largest wish"));
    return new Outcome(limited(hpa, now, largest, because), because);
  }

  private static int limited(Hpa hpa, int now, int wish, List<String> because) {
    int bounded =
        Math.clamp(wish, hpa.minReplicas(), Math.max(hpa.minReplicas(), hpa.maxReplicas()));
    if (bounded > wish) {
      because.add("minReplicas makes it " + bounded);
    } else if (bounded < wish) {
      because.add("maxReplicas makes it " + bounded);
    }
    if (bounded > now) {
      return grown(hpa, now, bounded, because);
    }
    return bounded < now ? shrunk(hpa, now, bounded, because) : bounded;
  }

  private static int grown(Hpa hpa, int now, int wish, List<String> because) {
    Behavior rules = hpa.scaleUp();
    if (rules.disabled()) {
      because.add("stays at " + now + ": behavior.scaleUp is disabled");
      return now;
    }
    Integer window = rules.stabilizationSeconds();
    if (window != null && window > 0) {
      because.add("the smallest wish of the last " + window + " s counts (scaleUp)");
    }
    int most = Math.max(now, most(rules, now));
    if (most < wish) {
      because.add("at most " + most + " within one period (scaleUp)");
    }
    return Math.min(wish, most);
  }

  private static int shrunk(Hpa hpa, int now, int wish, List<String> because) {
    Behavior rules = hpa.scaleDown();
    if (rules.disabled()) {
      because.add("stays at " + now + ": behavior.scaleDown is disabled");
      return now;
    }
    int window = rules.stabilizationSeconds() == null ? 300 : rules.stabilizationSeconds();
    if (window > 0) {
      because.add("the largest wish of the last " + window + " s counts (scaleDown)");
    }
    int least = Math.min(now, least(rules, now));
    if (least > wish) {
      because.add("at least " + least + " within one period (scaleDown)");
    }
    return Math.max(wish, least);
  }

  /// Without policies: twice as many or four more, whichever is more.
  private static int most(Behavior rules, int now) {
    List<Policy> policies =
        rules.policies() == null
            ? List.of(new Policy(true, 100, 15), new Policy(false, 4, 15))
            : rules.policies();
    var limits =
        policies.stream()
            .mapToLong(policy ->
                policy.percent()
                    ? (long) Math.ceil(now * (1 + policy.value() / 100.0))
                    : (long) now + policy.value());
    long chosen = (rules.least() ? limits.min() : limits.max()).orElse(now);
    return (int) Math.min(chosen, Integer.MAX_VALUE);
  }

  private static int least(Behavior rules, int now) {
    if (rules.policies() == null) {
      return 0;
    }
    var limits =
        rules.policies().stream()
            .mapToInt(policy ->
                policy.percent()
                    ? (int) (now * (1 - policy.value() / 100.0))
                    : now - policy.value());
    return Math.max(0, (rules.least() ? limits.max() : limits.min()).orElse(now));
  }
}
