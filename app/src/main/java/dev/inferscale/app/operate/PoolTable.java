package dev.inferscale.app.operate;

import com.fasterxml.jackson.databind.JsonNode;
import dev.inferscale.signals.profile.Signal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleFunction;

/// What a plane says of all pools, as a table for people: one row per pool. Pure.
final class PoolTable {
  private static final int NAME_WIDTH = 28;

  private static final List<Column> COLUMNS =
      List.of(
          new Column("READY", Signal.REPLICAS_READY, PoolTable::whole),
          new Column("TOKENS", Signal.TOKENS_IN_FLIGHT, PoolTable::whole),
          new Column("WAITING", Signal.REQUESTS_WAITING, PoolTable::whole),
          new Column("RUNNING", Signal.REQUESTS_RUNNING, PoolTable::whole),
          new Column("QUEUE WAIT", Signal.QUEUE_WAIT, PoolTable::seconds),
          new Column("TTFT P90", Signal.TIME_TO_FIRST_TOKEN, PoolTable::seconds),
          new Column("TOKENS/S", Signal.GENERATION_TOKENS_PER_SECOND, PoolTable::whole),
          new Column("KV USE", Signal.KV_CACHE_UTILIZATION, PoolTable::percent));

  private record Column(String title, Signal signal, DoubleFunction<String> format) {}

  private PoolTable() {}

  /// Title line, one line per pool, and one per document at fault. A signal without a value shows
  /// its reason.
  static List<String> lines(JsonNode answer) {
    List<String> lines = new ArrayList<>();
    StringBuilder title = new StringBuilder(left("POOL"));
    COLUMNS.forEach(column -> title.append(right(column.title())));
    lines.add(title.append("  TARGETS  AGE").toString());
    for (JsonNode pool : answer.path("pools")) {
      lines.add(row(pool));
    }
    for (JsonNode rejected : answer.path("rejected")) {
      lines.add(
          "refused: %s: %s"
              .formatted(
                  rejected.path("pool").asText(), rejected.path("problems").path(0).asText()));
    }
    return lines;
  }

  private static String row(JsonNode pool) {
    String name = pool.path("namespace").asText() + "/" + pool.path("pool").asText();
    StringBuilder row = new StringBuilder(left(name));
    double age = 0;
    for (Column column : COLUMNS) {
      JsonNode signal = pool.path("signals").path(column.signal().wireName());
      row.append(
          right(
              signal.has("value")
                  ? column.format().apply(signal.path("value").asDouble())
                  : signal.path("reason").asText("-")));
      age = signal.has("value") ? Math.max(age, signal.path("ageSeconds").asDouble()) : age;
    }
    int up = 0;
    for (JsonNode target : pool.path("targets")) {
      up += target.path("state").asText().equals("up") ? 1 : 0;
    }
    String targets = up + "/" + pool.path("targets").size();
    return row.append("  %7s  %s".formatted(targets, seconds(age))).toString();
  }

  private static String left(String text) {
    String shown = text.length() <= NAME_WIDTH ? text : text.substring(0, NAME_WIDTH - 1) + "…";
    return String.format(Locale.ROOT, "%-" + NAME_WIDTH + "s", shown);
  }

  private static String right(String text) {
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
