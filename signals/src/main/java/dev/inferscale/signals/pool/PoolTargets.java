package dev.inferscale.signals.pool;

import java.util.List;

/// A pool and the targets that belong to it now.
///
/// @param modelAlias the model's name as a legal label value, unique over all pools
public record PoolTargets(ModelPool pool, String modelAlias, List<Target> targets) {
  public PoolTargets {
    targets = List.copyOf(targets);
  }
}
