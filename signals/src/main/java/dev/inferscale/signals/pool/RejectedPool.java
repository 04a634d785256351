package dev.inferscale.signals.pool;

import java.util.List;

/// A document that cannot be used as it stands now.
///
/// @param origin the file's name, or `ModelPool` for a resource of the cluster
/// @param pool `namespace/name` as far as it could be read, else empty
/// @param problems one sentence each, at least one
/// @param served true where the last good version is measured meanwhile
public record RejectedPool(String origin, String pool, List<String> problems, boolean served) {
  public RejectedPool {
    problems = List.copyOf(problems);
  }
}
