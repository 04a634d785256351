package dev.inferscale.worker.engine;

import java.time.Duration;
import java.util.Set;

/// Limits of the engine.
///
/// @param maxRunning most sequences in a batch
/// @param maxQueue most requests waiting
/// @param maxBatchTokens most tokens computed in one step: bounds how long a prompt delays the
///   decoding of others
/// @param queueTimeout a request that has not started by then ends with `queue_timeout`
/// @param requestTimeout a request that has not ended by then, counted from arrival, ends with
///   `deadline`
/// @param endTokens token ids that end a text
public record EngineSettings(
    int maxRunning,
    int maxQueue,
    int maxBatchTokens,
    Duration queueTimeout,
    Duration requestTimeout,
    Set<Integer> endTokens) {

  public EngineSettings {
    endTokens = Set.copyOf(endTokens);
    if (maxRunning < 1 || maxQueue < 1) {
      throw new IllegalArgumentException(
          "maxRunning and maxQueue must be at least 1 but are " + maxRunning + " and " + maxQueue);
    }
    if (maxBatchTokens < maxRunning) {
      throw new IllegalArgumentException(
          "maxBatchTokens must be at least maxRunning (%d), a token for each sequence, but is %d"
              .formatted(maxRunning, maxBatchTokens));
    }
  }
}
