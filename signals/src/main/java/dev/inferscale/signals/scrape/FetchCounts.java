package dev.inferscale.signals.scrape;

import dev.inferscale.signals.window.FetchFault;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;

/// Counts fetches by what came of them. Thread-safe.
final class FetchCounts {
  private static final String READ = "read";

  private final Map<String, LongAdder> byOutcome;
  private final LongAdder defects = new LongAdder();

  FetchCounts() {
    Map<String, LongAdder> counts = new LinkedHashMap<>();
    Stream.concat(Stream.of(READ), Arrays.stream(FetchFault.values()).map(FetchFault::word))
        .forEach(word -> counts.put(word, new LongAdder()));
    byOutcome = Collections.unmodifiableMap(counts);
  }

  void read(int defectsOnPage) {
    add(READ);
    defects.add(defectsOnPage);
  }

  void failed(FetchFault fault) {
    add(fault.word());
  }

  private void add(String word) {
    LongAdder count = byOutcome.get(word);
    if (count != null) {
      count.increment();
    }
  }

  /// All outcomes there are, also those that never happened.
  Map<String, Long> byOutcome() {
    Map<String, Long> counts = new LinkedHashMap<>();
    byOutcome.forEach((word, count) -> counts.put(word, count.sum()));
    return Collections.unmodifiableMap(counts);
  }

  long defects() {
    return defects.sum();
  }
}
