package dev.inferscale.adapter;

/// Why a server could not start: one sentence that names the key to change.
public final class StartFault extends Exception {
  StartFault(String message) {
    super(message);
  }

  StartFault(String message, Throwable cause) {
    super(message, cause);
  }
}
