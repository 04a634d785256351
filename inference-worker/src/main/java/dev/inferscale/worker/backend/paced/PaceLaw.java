package dev.inferscale.worker.backend.paced;

import java.math.BigDecimal;
import java.time.Duration;

/// How long a step takes: T = a + b B + g K + d P, the usual model of continuous batching.
///
/// @param step a: for any step
/// @param perSequence b: for each sequence that decodes
/// @param perResidentToken g: for each token that the decoding sequences hold
/// @param perPrefillToken d: for each prompt token that is computed
public record PaceLaw(
    Duration step, Duration perSequence, Duration perResidentToken, Duration perPrefillToken) {

  /// The time of a step, exact to the nanosecond; throws [ArithmeticException] beyond 292 years.
  Duration time(StepWork work) {
    return step.plus(perSequence.multipliedBy(work.sequences()))
        .plus(perResidentToken.multipliedBy(work.residentTokens()))
        .plus(perPrefillToken.multipliedBy(work.prefillTokens()));
  }

  /// For people: `43.2 ms + 0.197 ms B + 0.00039 ms K + 0.334 ms P`.
  @Override
  public String toString() {
    return "%s ms + %s ms B + %s ms K + %s ms P"
        .formatted(
            millis(step), millis(perSequence), millis(perResidentToken), millis(perPrefillToken));
  }

  private static String millis(Duration duration) {
    return BigDecimal.valueOf(duration.toNanos(), 6).stripTrailingZeros().toPlainString();
  }
}
