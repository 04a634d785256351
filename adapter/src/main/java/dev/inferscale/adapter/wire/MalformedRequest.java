package dev.inferscale.adapter.wire;

/// A request that cannot be read at all.
public final class MalformedRequest extends Exception {
  private final int status;
  private final String sentence;

  MalformedRequest(String sentence) {
    this(400, sentence);
  }

  private MalformedRequest(int status, String sentence) {
    super(sentence, null, false, false);
    this.status = status;
    this.sentence = sentence;
  }

  static MalformedRequest tooLong(String sentence) {
    return new MalformedRequest(414, sentence);
  }

  /// One whose body cannot be read.
  public static MalformedRequest unreadable(String sentence) {
    return new MalformedRequest(sentence);
  }

  /// 400 or 414.
  public int status() {
    return status;
  }

  /// What is wrong, for the sender.
  public String sentence() {
    return sentence;
  }
}
