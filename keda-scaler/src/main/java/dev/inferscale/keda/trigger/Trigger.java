package dev.inferscale.keda.trigger;

import dev.inferscale.signals.pool.PoolId;
import dev.inferscale.signals.profile.Signal;
import java.util.OptionalDouble;
import java.util.regex.Pattern;

/// One trigger of a ScaledObject or ScaledJob, as its metadata says.
///
/// @param pool in the ScaledObject's own namespace, whether or not there is such a pool
/// @param signal one that may be a target
/// @param quantile 0 < q < 1, only for signals that have quantiles
/// @param target finite, greater than 0
/// @param activationThreshold finite, at least 0; what is greater makes the trigger active
public record Trigger(
    PoolId pool,
    Signal signal,
    OptionalDouble quantile,
    double target,
    double activationThreshold) {

  private static final Pattern PREFIX = Pattern.compile("^s[0-9]{1,4}-");

  /// The name under which KEDA and the HPA ask; KEDA puts `sN-` before it.
  public String metricName() {
    return signal.wireName();
  }

  /// True where somebody who asks by that name means this trigger. Old versions of KEDA lower-case
  /// the name, and older ones leave the prefix on.
  public boolean isAskedBy(String name) {
    return name.equalsIgnoreCase(metricName())
        || PREFIX.matcher(name).replaceFirst("").equalsIgnoreCase(metricName());
  }
}
