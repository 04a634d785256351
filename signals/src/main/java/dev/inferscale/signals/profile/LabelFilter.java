package dev.inferscale.signals.profile;

import dev.inferscale.signals.exposition.Labels;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// Which values of one label count. A pattern ending in `*` stands for all values that start so.
///
/// @param name the label's name
/// @param exact values that count
/// @param prefixes starts of values that count
record LabelFilter(byte[] name, List<byte[]> exact, List<byte[]> prefixes) {

  static LabelFilter of(String name, List<String> patterns) {
    List<byte[]> exact =
        patterns.stream().filter(p -> !p.endsWith("*")).map(LabelFilter::utf8).toList();
    List<byte[]> prefixes =
        patterns.stream()
            .filter(p -> p.endsWith("*"))
            .map(p -> utf8(p.substring(0, p.length() - 1)))
            .toList();
    return new LabelFilter(utf8(name), exact, prefixes);
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /// True where the walker stands at this label.
  boolean names(Labels label) {
    return label.named(name);
  }

  /// True where the value at which the walker stands counts.
  boolean accepts(Labels label) {
    for (byte[] value : exact) {
      if (label.valued(value)) {
        return true;
      }
    }
    for (byte[] prefix : prefixes) {
      if (label.valueStarts(prefix)) {
        return true;
      }
    }
    return false;
  }
}
