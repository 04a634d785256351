package dev.inferscale.keda;

/// The server cannot start; the message is one sentence for a person.
public final class StartFault extends Exception {
  private static final long serialVersionUID = 1L;

  StartFault(String message) {
    super(message);
  }

  StartFault(String message, Throwable cause) {
    super(message, cause);
  }
}
