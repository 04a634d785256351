package dev.inferscale.app.quickstart;

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
  private static final List<Column> COLUMNS =
      List.of(
          new Column("TOKENS", Signal.TOKENS_IN_FLIGHT, LiveTable::whole),
          new Column("WAITING", Signal.REQUESTS_WAITING, LiveTable::whole),
          new Column("RUNNING", Signal.REQUESTS_RUNNING, LiveTable::whole),
          new Column("QUEUE WAIT", Signal.QUEUE_WAIT, LiveTable::seconds),
          new Column("TTFT P90", Signal.TIME_TO_FIRST_TOKEN, LiveTable::seconds),
          new Column("TOKENS/S", Signal.GENERATION_TOKENS_PER_SECOND, LiveTable::whole),
          new Column("KV USE", Signal.KV_CACHE_UTILIZATION, LiveTable::percent));

  private LiveTable() {}

  private record Column(String title, Signal signal, Format format) {}

  private interface Format {
    String of(double number);
  }

  /// Title line and one line per pool. A signal without a value shows its reason.
  static List<String> lines(Snapshot snapshot, Instant now) {
    List<String> lines = new ArrayList<>();
    StringBuilder title = new StringBuilder(String.format(Locale.ROOT, "%-24s", "POOL"));
    COLUMNS.forEach(column -> title.append(cell(column.title())));
    lines.add(title.append(cell("AGE")).append("  QUALITY").toString());
    snapshot.pools().values().forEach(pool -> lines.add(row(pool, now)));
    return lines;
  }

  private static String row(Pool pool, Instant now) {
    StringBuilder row = new StringBuilder(String.format(Locale.ROOT, "%-24s", pool.id()));
    Duration age = Duration.ZERO;
    String quality = "-";
    for (Column column : COLUMNS) {
      switch (pool.answer(column.signal(), OptionalDouble.empty(), now)) {
        case Answer.Value value -> {
          row.append(cell(column.format().of(value.number())));
          age = value.age().compareTo(age) > 0 ? value.age() : age;
          quality = column.signal() == Signal.TOKENS_IN_FLIGHT ? value.quality().word() : quality;
        }
        case Answer.Missing missing -> row.append(cell(missing.why().word()));
      }
    }
    return row.append(cell(seconds(age.toMillis() / 1e3))).append("  ").append(quality).toString();
  }

  private static String cell(String text) {
    return String.format(Locale.ROOT, "%12s", text);
  }

  private static String whole(double number) {
    return String.format(Locale.ROOT, "%,.0f", number);
  }

  private static String percent(double ratio) {
    return String.format(Locale.ROOT, "%.1f %%", 100 * ratio);
  }

  private static String seconds(double seconds) {
    return seconds < 1
        ? String.format(Locale.ROOT, "%.0f ms", 1e3 * seconds)
        : String.format(Locale.ROOT, "%.1f s", seconds);
  }
}
