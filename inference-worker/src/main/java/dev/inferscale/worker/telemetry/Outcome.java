package dev.inferscale.worker.telemetry;

/// How a request ended: the label pairs of `inference_worker_requests_total`.
///
/// Requests refused for what they ask (bad JSON, unknown model) are not counted here: they say
/// nothing about the worker's load or health.
public enum Outcome {
  /// The model ended its text, or a stop string was found.
  STOP("success", "stop"),
  /// `max_tokens` or the end of the context was reached.
  LENGTH("success", "length"),
  CLIENT_DISCONNECT("cancelled", "client_disconnect"),
  /// Still running when the time to drain was over.
  SHUTDOWN("cancelled", "shutdown"),
  INTERNAL("error", "internal"),
  QUEUE_TIMEOUT("timeout", "queue_timeout"),
  DEADLINE("timeout", "deadline"),
  QUEUE_FULL("rejected", "queue_full"),
  /// Arrived after the worker was told to end.
  DRAINING("rejected", "draining"),
  /// Arrived after the device failed.
  ENGINE_FAILED("rejected", "engine_failed");

  private final String outcome;
  private final String reason;

  Outcome(String outcome, String reason) {
    this.outcome = outcome;
    this.reason = reason;
  }

  public String outcome() {
    return outcome;
  }

  public String reason() {
    return reason;
  }
}
