package dev.inferscale.worker.http;

/// A request that asks for something it cannot have; thrown while it is read, answered at once.
final class Refused extends Exception {
  private static final long serialVersionUID = 1;

  private final transient ApiError error;

  Refused(ApiError error) {
    super(error.message(), null, false, false);
    this.error = error;
  }

  ApiError error() {
    return error;
  }
}
