package dev.inferscale.adapter.metricsapi;

/// A label selector that cannot be read or cannot be meant; the sentence says why, in Kubernetes'
/// own words where it has some.
final class BadSelector extends Exception {
  private final String sentence;
  private final String key;
  private final String illegalValue;

  BadSelector(String sentence) {
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
  String sentence() {
    return sentence;
  }

  /// The key whose value is illegal; empty where something else is wrong.
  String key() {
    return key;
  }

  /// The illegal value; empty where something else is wrong.
  String illegalValue() {
    return illegalValue;
  }
}
