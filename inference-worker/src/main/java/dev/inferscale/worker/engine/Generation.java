package dev.inferscale.worker.engine;

import dev.inferscale.worker.backend.Batch;
import java.time.Instant;

/// What a caller wants generated.
///
/// @param prompt token ids, at least one
/// @param maxTokens most tokens to generate, at least one; the end of the context may come first
/// @param ignoreEnd whether to go on after the model's end token
/// @param tenant for telemetry
/// @param arrived when the request reached the worker; latencies and the deadline count from here
public record Generation(
    int[] prompt,
    int maxTokens,
    Batch.Sampling sampling,
    boolean ignoreEnd,
    String tenant,
    Instant arrived) {

  public Generation {
    if (prompt.length == 0) {
      throw new IllegalArgumentException("the prompt must have at least one token");
    }
    if (maxTokens < 1) {
      throw new IllegalArgumentException("maxTokens must be at least 1 but is " + maxTokens);
    }
  }
}
