package dev.inferscale.app.quickstart;

import dev.inferscale.app.table.SignalColumn;
import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.snapshot.Answer;
import dev.inferscale.signals.snapshot.Pool;
import dev.inferscale.signals.snapshot.Snapshot;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/// A snapshot as a table for people: one row per pool. Pure.
final class LiveTable {
  private LiveTable() {}

  /// Title line and one line per pool. A signal without a value shows its reason.
  static List<String> lines(Snapshot snapshot, Instant now) {
    List<String> lines = new ArrayList<>();
    StringBuilder title = new StringBuilder(String.format(Locale.ROOT, "%-24s", "POOL"));
    SignalColumn.LOAD.forEach(column -> title.append(column.head()));
    lines.add(title.append(SignalColumn.cell("AGE")).append("  QUALITY").toString());
    snapshot.pools().values().forEach(pool -> lines.add(row(pool, now)));
    return lines;
  }

  private static String row(Pool pool, Instant now) {
    StringBuilder row = new StringBuilder(String.format(Locale.ROOT, "%-24s", pool.id()));
    Duration age = Duration.ZERO;
    String quality = "-";
    for (SignalColumn column : SignalColumn.LOAD) {
      switch (pool.answer(column.signal(), OptionalDouble.empty(), now)) {
        case Answer.Value value -> {
          row.append(column.cell(value.number()));
          age = value.age().compareTo(age) > 0 ? value.age() : age;
          quality = column.signal() == Signal.TOKENS_IN_FLIGHT ? value.quality().word() : quality;
        }
        case Answer.Missing missing -> row.append(SignalColumn.cell(missing.why().word()));
      }
    }
    return row.append(SignalColumn.cell(SignalColumn.seconds(age.toMillis() / 1e3)))
        .append("  ")
        .append(quality)
        .toString();
  }
}
