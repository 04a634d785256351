package dev.inferscale.worker.telemetry;

import java.time.Duration;
import java.util.Optional;

/// What is known about an accepted request when it has ended.
///
/// @param tenant as the request named it, where that was believed; else `unknown`
/// @param generatedTokens tokens picked by the model, its end token included
/// @param queued time in the queue before it first ran, or until it ended there
/// @param firstToken time from arrival to the first token; empty when there was none
/// @param decoding time from the first token to the last
/// @param total time from arrival to the end
/// @param busySeconds its share of the device's time, by tokens computed
/// @param preemptions how often it lost its KV blocks and was computed again
public record Finished(
    Outcome outcome,
    String tenant,
    int promptTokens,
    int generatedTokens,
    Duration queued,
    Optional<Duration> firstToken,
    Duration decoding,
    Duration total,
    double busySeconds,
    int preemptions) {

  /// Mean time between output tokens; empty with fewer than two.
  public Optional<Double> secondsPerOutputToken() {
    return generatedTokens < 2
        ? Optional.empty()
        : Optional.of(Seconds.of(decoding) / (generatedTokens - 1));
  }
}
