package dev.inferscale.signals.pool;

import java.util.List;
import java.util.Map;

/// One pod of a pool, and what is asked of it.
///
/// @param name unique in the pool's namespace
/// @param labels as the cluster has them
/// @param targets one per port
public record ServingPod(String name, Map<String, String> labels, List<Target> targets) {
  public ServingPod {
    targets = List.copyOf(targets);
  }
}
