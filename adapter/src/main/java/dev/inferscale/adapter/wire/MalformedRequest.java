package dev.inferscale.adapter.wire;

/// A request that cannot be read at all.
public final class MalformedRequest extends Exception {
  private final String sentence;

  MalformedRequest(String sentence) {
    super(sentence, null, false, false);
    this.sentence = sentence;
  }

  /// What is wrong, for the sender.
  public String sentence() {
    return sentence;
  }
}
