package dev.inferscale.adapter;

import dev.inferscale.adapter.tally.Call;
import dev.inferscale.adapter.tally.Distribution;
import dev.inferscale.adapter.tally.Histogram;
import dev.inferscale.adapter.wire.Surface;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;

/// Counts answers; every IO thread adds to it.
final class Tally {
  /// The last stands for all others.
  private static final int[] CODES = {200, 304, 400, 401, 403, 404, 405, 406, 414, 500, 503, 0};

  /// Of the bounds that Kubernetes' API servers have those that dashboards and recording rules ask
  /// for, and two below: an answer from memory takes no 5 ms.
  private static final double[] SECONDS = {
    0.0005, 0.001, 0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.5, 2, 3, 5, 10, 30, 60
  };

  private final LongAdder[] counts = adders(Surface.values().length);
  private final LongAdder[] nanos = adders(Surface.values().length);
  private final LongAdder[] calls = adders(Call.values().length);
  private final Histogram[] durations =
      Stream.generate(() -> new Histogram(SECONDS))
          .limit(Call.values().length)
          .toArray(Histogram[]::new);

  void add(Call call, Surface surface, int code, long spentNanos) {
    int column = column(code);
    int cell = surface.ordinal() * CODES.length + column;
    counts[cell].increment();
    nanos[cell].add(spentNanos);
    calls[call.ordinal() * CODES.length + column].increment();
    durations[call.ordinal()].add(spentNanos / 1e9);
  }

  /// @param inFlight requests that have not been answered yet
  /// @param most that there may be
  Statistics statistics(int inFlight, int most) {
    List<Statistics.Row> requests = new ArrayList<>(counts.length);
    for (Surface surface : Surface.values()) {
      for (int column = 0; column < CODES.length; column++) {
        int cell = surface.ordinal() * CODES.length + column;
        requests.add(
            new Statistics.Row(
                surface, CODES[column], counts[cell].sum(), Duration.ofNanos(nanos[cell].sum())));
      }
    }
    List<Statistics.Called> called = new ArrayList<>(calls.length);
    Map<Call, Distribution> took = new EnumMap<>(Call.class);
    for (Call call : Call.values()) {
      took.put(call, durations[call.ordinal()].now());
      for (int column = 0; column < CODES.length; column++) {
        long count = calls[call.ordinal() * CODES.length + column].sum();
        called.add(new Statistics.Called(call, CODES[column], count));
      }
    }
    return new Statistics(requests, called, took, inFlight, most);
  }

  private static int column(int code) {
    int column = 0;
    while (column < CODES.length - 1 && CODES[column] != code) {
      column++;
    }
    return column;
  }

  private static LongAdder[] adders(int rows) {
    return Stream.generate(LongAdder::new)
        .limit((long) rows * CODES.length)
        .toArray(LongAdder[]::new);
  }
}
