package dev.inferscale.adapter;

import dev.inferscale.adapter.wire.Surface;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/// Counts answers; every IO thread adds to it.
final class Tally {
  /// The last stands for all others.
  private static final int[] CODES = {200, 304, 400, 401, 403, 404, 405, 406, 414, 500, 503, 0};

  private final LongAdder[] counts = adders();
  private final LongAdder[] nanos = adders();

  void add(Surface surface, int code, Duration spent) {
    int cell = surface.ordinal() * CODES.length + column(code);
    counts[cell].increment();
    nanos[cell].add(spent.toNanos());
  }

  Statistics statistics() {
    List<Statistics.Row> rows = new ArrayList<>(counts.length);
    for (Surface surface : Surface.values()) {
      for (int column = 0; column < CODES.length; column++) {
        int cell = surface.ordinal() * CODES.length + column;
        rows.add(
            new Statistics.Row(
                surface, CODES[column], counts[cell].sum(), Duration.ofNanos(nanos[cell].sum())));
      }
    }
    return new Statistics(List.copyOf(rows));
  }

  private static int column(int code) {
    int column = 0;
    while (column < CODES.length - 1 && CODES[column] != code) {
      column++;
    }
    return column;
  }

  private static LongAdder[] adders() {
    LongAdder[] adders = new LongAdder[Surface.values().length * CODES.length];
    for (int i = 0; i < adders.length; i++) {
      adders[i] = new LongAdder();
    }
    return adders;
  }
}
