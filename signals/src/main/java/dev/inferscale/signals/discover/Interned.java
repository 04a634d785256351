package dev.inferscale.signals.discover;

import java.util.HashMap;
import java.util.Map;

/// Gives equal texts and equal sets of labels one object, since the pods of a ReplicaSet differ in
/// little else than their names. Forgets all when it has grown large, so that it holds on to little
/// that nobody uses. Thread-safe.
final class Interned {
  private static final int MOST = 4096;

  private final Map<String, String> texts = new HashMap<>();
  private final Map<Map<String, String>, Map<String, String>> labels = new HashMap<>();

  synchronized String text(String text) {
    if (texts.size() >= MOST) {
      texts.clear();
    }
    return texts.computeIfAbsent(text, same -> same);
  }

  /// The same labels, unmodifiable.
  synchronized Map<String, String> labels(Map<String, String> read) {
    Map<String, String> known = labels.get(read);
    if (known != null) {
      return known;
    }
    if (labels.size() >= MOST) {
      labels.clear();
    }
    Map<String, String> shared = new HashMap<>();
    read.forEach((key, value) -> shared.put(text(key), text(value)));
    Map<String, String> fixed = Map.copyOf(shared);
    labels.put(fixed, fixed);
    return fixed;
  }
}
