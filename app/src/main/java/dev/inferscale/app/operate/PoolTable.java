package dev.inferscale.app.operate;

import com.fasterxml.jackson.databind.JsonNode;
import dev.inferscale.app.table.SignalColumn;
import dev.inferscale.signals.profile.Signal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/// What a plane says of all pools, as a table for people: one row per pool. Pure.
final class PoolTable {
  private static final int NAME_WIDTH = 28;

  private static final List<SignalColumn> COLUMNS =
      Stream.concat(
              Stream.of(new SignalColumn("READY", Signal.REPLICAS_READY)),
              SignalColumn.LOAD.stream())
          .toList();

  private PoolTable() {}

  /// Title line, one line per pool, and one per document at fault. A signal without a value shows
  /// its reason.
  static List<String> lines(JsonNode answer) {
    List<String> lines = new ArrayList<>();
    StringBuilder title = new StringBuilder(left("POOL"));
    COLUMNS.forEach(column -> title.append(column.head()));
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
    for (SignalColumn column : COLUMNS) {
      JsonNode signal = pool.path("signals").path(column.signal().wireName());
      row.append(
          signal.has("value")
              ? column.cell(signal.path("value").asDouble())
              : SignalColumn.cell(signal.path("reason").asText("-")));
      age = signal.has("value") ? Math.max(age, signal.path("ageSeconds").asDouble()) : age;
    }
    int up = 0;
    for (JsonNode target : pool.path("targets")) {
      up += target.path("state").asText().equals("up") ? 1 : 0;
    }
    String targets = up + "/" + pool.path("targets").size();
    return row.append("  %7s  %s".formatted(targets, SignalColumn.seconds(age))).toString();
  }

  private static String left(String text) {
    String shown = text.length() <= NAME_WIDTH ? text : text.substring(0, NAME_WIDTH - 1) + "…";
    return String.format(Locale.ROOT, "%-" + NAME_WIDTH + "s", shown);
  }
}
