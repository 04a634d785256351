package dev.inferscale.worker.engine;

/// The engine's answer to a request, given at once.
public sealed interface Admission {

  /// The request waits or runs; its tokens and its end come through `stream`.
  record Accepted(TokenStream stream) implements Admission {}

  /// Nothing was kept of the request.
  ///
  /// @param explanation one sentence for the caller
  record Rejected(Reason reason, String explanation) implements Admission {}

  /// Why a request was not taken.
  enum Reason {
    /// The queue is at its limit: come back later.
    QUEUE_FULL,
    /// The prompt leaves no room for a single token: will never fit.
    TOO_LONG,
    /// The worker is ending.
    DRAINING,
    /// The device failed; the process is about to end.
    ENGINE_FAILED
  }
}
