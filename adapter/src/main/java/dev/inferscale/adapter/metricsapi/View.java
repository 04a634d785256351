package dev.inferscale.adapter.metricsapi;

import dev.inferscale.signals.pool.ScaledObject;
import dev.inferscale.signals.snapshot.Answer;
import dev.inferscale.signals.snapshot.Pool;
import dev.inferscale.signals.snapshot.Snapshot;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.TreeSet;

/// What one request sees of the world.
///
/// @param snapshot the latest
/// @param now on the monotonic clock, the one that snapshots are stamped with
/// @param wall the same moment on the wall clock, for timestamps in documents
/// @param server what the server that was asked knows of itself
public record View(Snapshot snapshot, Instant now, Instant wall, Preparedness server) {

  /// How long ago the snapshot was folded.
  Duration age() {
    return Duration.between(snapshot.at(), now);
  }

  /// The resources of what the pools' autoscalers scale, such as `deployments.apps`.
  Set<String> scaledResources() {
    Set<String> resources = new TreeSet<>();
    for (Pool pool : snapshot.pools().values()) {
      ScaledObject scaled = pool.scaledObject();
      if (scaled != null) {
        resources.add(scaled.qualified());
      }
    }
    return resources;
  }

  /// When a value was true, on the wall clock.
  Instant taken(Answer.Value value) {
    return wall.minus(value.age());
  }
}
