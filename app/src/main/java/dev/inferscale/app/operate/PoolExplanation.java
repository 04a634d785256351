package dev.inferscale.app.operate;

import com.fasterxml.jackson.databind.JsonNode;
import dev.inferscale.signals.profile.Signal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// How each signal of a pool comes about, for people. Pure.
final class PoolExplanation {
  private PoolExplanation() {}

  /// Lines made of how the observation API explains one pool.
  static List<String> lines(JsonNode pool) {
    List<String> lines = new ArrayList<>();
    lines.add(
        "pool %s/%s: model %s, engine %s"
            .formatted(
                pool.path("namespace").asText(),
                pool.path("pool").asText(),
                pool.path("model").asText(),
                pool.path("engine").asText("").isEmpty()
                    ? "not known yet"
                    : pool.path("engine").asText()));
    pages(lines, "target", pool.path("targets"));
    pages(lines, "front", pool.path("front"));
    for (Signal signal : Signal.values()) {
      lines.add("");
      signal(lines, signal, pool.path("signals").path(signal.wireName()));
    }
    return lines;
  }

  private static void pages(List<String> lines, String what, JsonNode states) {
    for (JsonNode state : states) {
      String detail = state.path("detail").asText("");
      lines.add(
          "  %s %s: %s%s"
              .formatted(
                  what,
                  state.path("name").asText(),
                  state.path("state").asText(),
                  detail.isEmpty() ? "" : ", " + detail));
    }
  }

  private static void signal(List<String> lines, Signal signal, JsonNode answer) {
    if (!answer.has("value")) {
      lines.add(signal.wireName() + ": no value (" + answer.path("reason").asText("unknown") + ")");
      line(lines, "because", answer.path("explanation").asText(""));
      samples(answer).forEach(sample -> line(lines, "sample", sample));
      return;
    }
    lines.add(
        "%s: %s %s"
            .formatted(signal.wireName(), answer.path("value").asText(), signal.unit().symbol()));
    line(lines, "quality", answer.path("quality").asText() + note(answer));
    line(
        lines,
        "targets",
        "%d of %d, fold: %s"
            .formatted(
                answer.path("targets").path("covered").asInt(),
                answer.path("targets").path("total").asInt(),
                signal.fold().text()));
    List<String> from = new ArrayList<>();
    answer.path("from").forEach(series -> from.add(series.asText()));
    line(lines, "from", String.join(", ", from));
    line(
        lines,
        "age",
        String.format(
            Locale.ROOT,
            "%.1f s%s",
            answer.path("ageSeconds").asDouble(),
            answer.has("windowSeconds")
                ? ", over " + answer.path("windowSeconds").asText() + " s"
                : ""));
    samples(answer).forEach(sample -> line(lines, "sample", sample));
    line(lines, "served as", answer.path("quantity").asText() + hint(signal));
  }

  /// One line for each target that has told something of the signal, and why the others have not.
  static List<String> samples(JsonNode answer) {
    List<String> lines = new ArrayList<>();
    for (JsonNode sample : answer.path("samples")) {
      List<String> inputs = new ArrayList<>();
      for (Map.Entry<String, JsonNode> input : sample.path("inputs").properties()) {
        inputs.add(input.getKey() + " " + input.getValue().asText());
      }
      String age =
          sample.has("ageSeconds")
              ? String.format(Locale.ROOT, ", %.1f s ago", sample.path("ageSeconds").asDouble())
              : "";
      lines.add(
          "%s%s%s: %s -> %s"
              .formatted(
                  sample.path("target").asText(),
                  sample.has("pod") ? " of " + sample.path("pod").asText() : "",
                  age,
                  inputs.isEmpty() ? "nothing" : String.join(", ", inputs),
                  sample.has("value")
                      ? sample.path("value").asText()
                      : "no value (" + sample.path("reason").asText() + ")"));
    }
    return lines;
  }

  private static String note(JsonNode answer) {
    String note = answer.path("note").asText("");
    return note.isEmpty() ? "" : ": " + note;
  }

  private static String hint(Signal signal) {
    return switch (signal.target()) {
      case AVERAGE_VALUE -> "; an HPA divides it by the replicas (AverageValue)";
      case VALUE -> "; an HPA compares it as it is (Value)";
      case NONE -> "";
    };
  }

  private static void line(List<String> lines, String title, String text) {
    if (!text.isEmpty()) {
      lines.add(String.format(Locale.ROOT, "  %-9s %s", title, text));
    }
  }
}
