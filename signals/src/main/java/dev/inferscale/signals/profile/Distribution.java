package dev.inferscale.signals.profile;

/// Histograms that one target keeps since it started; seconds, except for the last.
public enum Distribution {
  QUEUE_WAIT,
  TIME_TO_FIRST_TOKEN,
  INTER_TOKEN_LATENCY,
  TIME_PER_OUTPUT_TOKEN,
  LATENCY,
  /// Prompt lengths in tokens; only the sum and the count are kept, for the mean of a window.
  PROMPT_TOKENS
}
