package dev.inferscale.signals.pool;

import java.time.Instant;

/// What is known of the replicas of a pool's scale target.
///
/// @param wanted by the scale target
/// @param ready pods that are ready
/// @param starting pods that are not ready yet
/// @param resource what the API server calls the scale target's kind in paths, such as
///   `deployments`; empty where it has not said
public record Replicas(Count wanted, Count ready, Count starting, String resource) {
  /// Nothing, since nobody reads it.
  public static final Replicas UNREAD = unknown("reading it needs the Kubernetes API");

  /// Those of a scale target whose resource is not known.
  public Replicas(Count wanted, Count ready, Count starting) {
    this(wanted, ready, starting, "");
  }

  /// The same of a scale target of that resource.
  public Replicas of(String named) {
    return new Replicas(wanted, ready, starting, named);
  }

  /// Nothing, for one reason that a person must mend.
  public static Replicas unknown(String why) {
    Count.Unknown unknown = new Count.Unknown(false, why);
    return new Replicas(unknown, unknown, unknown);
  }

  /// A number, or why there is none.
  public sealed interface Count {

    /// A number.
    ///
    /// @param at when it was last known to be so, from the injected clock
    record Known(int number, Instant at) implements Count {}

    /// None.
    ///
    /// @param soon true where only time is needed, false where a person is
    /// @param why one sentence
    record Unknown(boolean soon, String why) implements Count {}
  }
}
