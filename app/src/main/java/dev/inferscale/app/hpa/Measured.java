package dev.inferscale.app.hpa;

import java.util.OptionalDouble;

/// What a plane says of a pool's engine, as far as it bounds an HPA's target.
///
/// @param targets that are covered by the values, at least 1 where there is a value
/// @param capacityTokens KV cache of all of them, empty where unknown
public record Measured(int targets, OptionalDouble capacityTokens) {
  /// Nothing.
  public static final Measured UNKNOWN = new Measured(0, OptionalDouble.empty());

  /// Tokens that one replica can hold, empty where unknown.
  public OptionalDouble capacityPerTarget() {
    return targets > 0 && capacityTokens.isPresent() && capacityTokens.getAsDouble() > 0
        ? OptionalDouble.of(capacityTokens.getAsDouble() / targets)
        : OptionalDouble.empty();
  }
}
