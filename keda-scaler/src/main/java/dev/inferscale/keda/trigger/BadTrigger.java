package dev.inferscale.keda.trigger;

/// Metadata that no pool could make right.
public final class BadTrigger extends Exception {
  private static final long serialVersionUID = 1L;

  /// @param message names the key, the value and what would be right; nothing else of the metadata
  BadTrigger(String message) {
    super(message, null, false, false);
  }

  /// The sentence.
  public String sentence() {
    return String.valueOf(getMessage());
  }
}
