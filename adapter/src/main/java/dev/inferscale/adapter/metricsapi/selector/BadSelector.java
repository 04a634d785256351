package dev.inferscale.adapter.metricsapi.selector;

/// A label selector that cannot be read or cannot be meant; the sentence says why, in Kubernetes'
/// own words where it has some.
public final class BadSelector extends Exception {
  private final String sentence;
  private final String key;
  private final String illegalValue;

  /// One that is wrong as a whole.
  public BadSelector(String sentence) {
    this(sentence, "", "");
  }

  private BadSelector(String sentence, String key, String illegalValue) {
    super(sentence, null, false, false);
    this.sentence = sentence;
    this.key = key;
    this.illegalValue = illegalValue;
  }

  /// A value that no label can have.
  static BadSelector illegalValue(String sentence, String key, String value) {
    return new BadSelector(sentence, key, value);
  }

  /// Why, for whoever wrote it.
  public String sentence() {
    return sentence;
  }

  /// The key whose value is illegal; empty where something else is wrong.
  public String key() {
    return key;
  }

  /// The illegal value; empty where something else is wrong.
  public String illegalValue() {
    return illegalValue;
  }
}
