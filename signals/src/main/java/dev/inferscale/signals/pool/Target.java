package dev.inferscale.signals.pool;

import java.net.URI;

/// One endpoint to ask for its metrics page.
///
/// @param pool whose measurements it belongs to
/// @param name for people and labels, unique in the pool: `host:port`, or the pod's name
/// @param page where its metrics page is
/// @param instance what tells it from an earlier one of the same name: the pod's uid; empty for
///   listed endpoints
/// @param front whether it stands in front of the pool: then it tells of requests that no pod has
///   yet, and is itself no capacity
public record Target(PoolId pool, String name, URI page, String instance, boolean front) {

  /// One that serves.
  public Target(PoolId pool, String name, URI page, String instance) {
    this(pool, name, page, instance, false);
  }

  /// A listed endpoint.
  public Target(PoolId pool, String name, URI page) {
    this(pool, name, page, "");
  }

  /// The same in front of its pool.
  public Target inFront() {
    return new Target(pool, name, page, instance, true);
  }
}
