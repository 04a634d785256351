package dev.inferscale.keda;

import java.util.LinkedHashMap;
import java.util.Map;

/// Remembers which sentences were said lately, so that a log is not filled with one of them.
final class OnceEach {
  private final Map<String, Boolean> said;

  /// Remembers at most so many; the one that was not heard for longest is forgotten first.
  OnceEach(int most) {
    this.said =
        new LinkedHashMap<>(16, 0.75f, true) {
          private static final long serialVersionUID = 1L;

          @Override
          protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
            return size() > most;
          }
        };
  }

  synchronized boolean isFirst(String sentence) {
    return said.put(sentence, true) == null;
  }
}
