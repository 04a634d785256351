package dev.inferscale.app.read;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.inferscale.signals.exposition.Defect;
import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.snapshot.Answer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/// A report as JSON and as text for people. Pure.
final class ReportText {
  private static final ObjectMapper JSON = new ObjectMapper();

  private ReportText() {}

  /// One JSON document; values are finite, so that it is always valid.
  static String json(PageReport report) {
    Map<String, Object> signals = new LinkedHashMap<>();
    report
        .signals()
        .forEach(
            (signal, answer) -> signals.put(signal.wireName(), signal(report, signal, answer)));
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("profile", report.profile());
    document.put("model", report.model());
    document.put("signals", signals);
    document.put("counters", report.counters());
    document.put("defects", report.defects());
    document.put("defectCount", report.defectCount());
    try {
      return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(document);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a report of numbers and texts is always JSON", e);
    }
  }

  private static Map<String, Object> signal(PageReport report, Signal signal, Answer answer) {
    Map<String, Object> document = new LinkedHashMap<>();
    switch (answer) {
      case Answer.Value value -> {
        document.put("value", value.number());
        document.put("unit", signal.unit().symbol());
        document.put("quality", value.quality().word());
        document.put("from", value.from());
        if (!value.note().isEmpty()) {
          document.put("note", value.note());
        }
      }
      case Answer.Missing missing -> {
        document.put("reason", missing.why().word());
        document.put("explanation", missing.explanation());
      }
    }
    SortedMap<Double, Double> quantiles = report.quantiles().getOrDefault(signal, new TreeMap<>());
    if (!quantiles.isEmpty()) {
      Map<String, Double> byName = new LinkedHashMap<>();
      quantiles.forEach((q, value) -> byName.put(String.valueOf(q), value));
      document.put("quantiles", byName);
    }
    return document;
  }

  /// Lines for a terminal: engine, signals with a value, signals without, counters, defects.
  static List<String> lines(PageReport report) {
    List<String> lines = new ArrayList<>();
    lines.add(
        "profile: "
            + report.profile()
            + (report.model() == null ? "" : ", model: " + report.model()));
    lines.add("");
    report
        .signals()
        .forEach((signal, answer) -> {
          if (answer instanceof Answer.Value value) {
            lines.add(row(signal, value));
            report
                .quantiles()
                .getOrDefault(signal, new TreeMap<>())
                .forEach((q, v) -> lines.add(quantile(q, v)));
          }
        });
    lines.add("");
    report
        .signals()
        .forEach((signal, answer) -> {
          if (answer instanceof Answer.Missing missing) {
            lines.add(
                "%-42s %s: %s"
                    .formatted(signal.wireName(), missing.why().word(), missing.explanation()));
          }
        });
    lines.add("");
    report
        .counters()
        .forEach((name, total) -> lines.add("%-42s %s".formatted(name, number(total))));
    lines.add("");
    lines.add(report.defectCount() == 0 ? "no defects" : report.defectCount() + " defects");
    for (Defect defect : report.defects()) {
      lines.add("line " + defect.line() + ": " + defect.why());
    }
    return lines;
  }

  private static String row(Signal signal, Answer.Value value) {
    String from = value.from().isEmpty() ? "" : "  from " + String.join(", ", value.from());
    String note = value.note().isEmpty() ? "" : "  (" + value.note() + ")";
    return "%-42s %14s %-8s %-9s%s%s"
        .formatted(
            signal.wireName(),
            number(value.number()),
            signal.unit().symbol(),
            value.quality().word(),
            from,
            note);
  }

  private static String quantile(double q, double value) {
    return "%42s %14s".formatted("p" + number(100 * q), number(value));
  }

  private static String number(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? String.format(Locale.ROOT, "%.0f", value)
        : String.format(Locale.ROOT, "%.4g", value);
  }
}
