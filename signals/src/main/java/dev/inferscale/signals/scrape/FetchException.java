package dev.inferscale.signals.scrape;

import dev.inferscale.signals.window.FetchFault;
import java.io.IOException;

/// A fetch that gave no page, and why. Never leaves this package.
final class FetchException extends IOException {
  private final FetchFault fault;

  /// @param detail one sentence for people
  FetchException(FetchFault fault, String detail) {
    super(detail);
    this.fault = fault;
  }

  FetchFault fault() {
    return fault;
  }

  String detail() {
    return String.valueOf(getMessage());
  }
}
