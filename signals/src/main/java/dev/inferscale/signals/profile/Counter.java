package dev.inferscale.signals.profile;

/// Totals that one target counts up since it started.
public enum Counter {
  PROMPT_TOKENS,
  GENERATION_TOKENS,
  /// Requests that ended, whatever the outcome, rejections excepted.
  REQUESTS_FINISHED,
  REQUESTS_SUCCEEDED,
  REQUESTS_FAILED,
  REQUESTS_TIMED_OUT,
  /// Requests refused at the door (queue full, 429, 503).
  REQUESTS_REJECTED
}
