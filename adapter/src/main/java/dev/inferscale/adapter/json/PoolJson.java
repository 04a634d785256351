package dev.inferscale.adapter.json;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.inferscale.adapter.wire.JsonPage;
import dev.inferscale.adapter.wire.Quoted;
import dev.inferscale.signals.pool.RejectedPool;
import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.snapshot.Answer;
import dev.inferscale.signals.snapshot.Pool;
import dev.inferscale.signals.snapshot.Pool.TargetState;
import dev.inferscale.signals.snapshot.Snapshot;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Writes pools and signals, keys always in the same order. A signal has either `value` or
/// `reason`, never both, and numbers are always finite. Foreign text is cut.
final class PoolJson {
  private static final double[] QUANTILES = {0.5, 0.9, 0.95, 0.99};

  private PoolJson() {}

  static void writeAll(JsonGenerator json, Snapshot snapshot, Instant now) throws IOException {
    json.writeStartObject();
    json.writeNumberField("sequence", snapshot.sequence());
    writeSeconds(json, "ageSeconds", Duration.between(snapshot.at(), now));
    json.writeArrayFieldStart("pools");
    for (Pool pool : snapshot.pools().values()) {
      write(json, pool, now);
    }
    json.writeEndArray();
    json.writeArrayFieldStart("rejected");
    for (RejectedPool document : snapshot.rejected()) {
      write(json, document);
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  /// A document that is at fault, whether or not its last good version is measured.
  private static void write(JsonGenerator json, RejectedPool document) throws IOException {
    json.writeStartObject();
    json.writeStringField("origin", Quoted.plain(document.origin()));
    json.writeStringField("pool", Quoted.plain(document.pool()));
    json.writeBooleanField("lastGoodMeasured", document.served());
    json.writeArrayFieldStart("problems");
    for (String problem : document.problems()) {
      json.writeString(Quoted.cut(problem, 400));
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  static void write(JsonGenerator json, Pool pool, Instant now) throws IOException {
    json.writeStartObject();
    json.writeStringField("namespace", Quoted.plain(pool.id().namespace()));
    json.writeStringField("pool", Quoted.plain(pool.id().name()));
    json.writeStringField("model", Quoted.plain(pool.model()));
    json.writeObjectFieldStart("labels");
    for (Map.Entry<String, String> label : new TreeMap<>(pool.labels()).entrySet()) {
      json.writeStringField(label.getKey(), label.getValue());
    }
    json.writeEndObject();
    PoolSpecJson.write(json, pool.config());
    json.writeStringField("engine", Quoted.plain(pool.engine()));
    json.writeArrayFieldStart("warnings");
    for (String warning : pool.warnings(now)) {
      json.writeString(warning);
    }
    json.writeEndArray();
    writeTargets(json, pool, now);
    json.writeObjectFieldStart("signals");
    for (Signal signal : Signal.values()) {
      json.writeFieldName(signal.wireName());
      writeSignal(json, pool, signal, OptionalDouble.empty(), now);
    }
    json.writeEndObject();
    json.writeEndObject();
  }

  static void writeTargets(JsonGenerator json, Pool pool, Instant now) throws IOException {
    writeStates(json, "targets", pool.targets(now));
    writeStates(json, "front", pool.front(now));
  }

  private static void writeStates(JsonGenerator json, String name, List<TargetState> states)
      throws IOException {
    json.writeArrayFieldStart(name);
    for (TargetState target : states) {
      json.writeStartObject();
      json.writeStringField("name", Quoted.plain(target.name()));
      json.writeStringField("state", target.state().word());
      json.writeStringField("detail", Quoted.plain(target.detail()));
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  /// One signal of one pool, with the usual quantiles beside it unless one was asked for.
  static void writeSignal(
      JsonGenerator json, Pool pool, Signal signal, OptionalDouble quantile, Instant now)
      throws IOException {
    json.writeStartObject();
    writeAnswer(json, signal, pool.answer(signal, quantile, now));
    if (signal.hasQuantiles() && quantile.isEmpty()) {
      writeQuantiles(json, pool, signal, now);
    }
    json.writeEndObject();
  }

  /// The fields of an answer.
  static void writeAnswer(JsonGenerator json, Signal signal, Answer answer) throws IOException {
    switch (answer) {
      case Answer.Value value when Double.isFinite(value.number()) ->
          writeValue(json, signal, value);
      case Answer.Value _ ->
          writeMissing(json, "refused", "the value is not a finite number", null);
      case Answer.Missing missing ->
          writeMissing(json, missing.why().word(), missing.explanation(), missing.age());
    }
  }

  private static void writeValue(JsonGenerator json, Signal signal, Answer.Value value)
      throws IOException {
    json.writeFieldName("value");
    JsonPage.number(json, value.number());
    json.writeStringField("unit", signal.unit().symbol());
    json.writeStringField("quality", value.quality().word());
    writeSeconds(json, "ageSeconds", value.age());
    Duration window = value.window();
    if (window != null) {
      writeSeconds(json, "windowSeconds", window);
    }
    json.writeObjectFieldStart("targets");
    json.writeNumberField("covered", value.targetsCovered());
    json.writeNumberField("total", value.targetsTotal());
    json.writeEndObject();
    json.writeArrayFieldStart("from");
    for (String series : value.from()) {
      json.writeString(Quoted.plain(series));
    }
    json.writeEndArray();
    if (!value.note().isEmpty()) {
      json.writeStringField("note", Quoted.plain(value.note()));
    }
  }

  private static void writeMissing(
      JsonGenerator json, String reason, String explanation, @Nullable Duration age)
      throws IOException {
    json.writeStringField("reason", reason);
    // Our own sentence, which may be longer than the foreign text in it.
    json.writeStringField("explanation", Quoted.cut(explanation, 200));
    if (age != null) {
      writeSeconds(json, "ageSeconds", age);
    }
  }

  private static void writeQuantiles(JsonGenerator json, Pool pool, Signal signal, Instant now)
      throws IOException {
    json.writeObjectFieldStart("quantiles");
    for (double quantile : QUANTILES) {
      Answer answer = pool.answer(signal, OptionalDouble.of(quantile), now);
      if (answer instanceof Answer.Value value && Double.isFinite(value.number())) {
        json.writeFieldName(Double.toString(quantile));
        JsonPage.number(json, value.number());
      }
    }
    json.writeEndObject();
  }

  /// Seconds with milliseconds.
  static void writeSeconds(JsonGenerator json, String name, Duration duration) throws IOException {
    json.writeFieldName(name);
    JsonPage.number(json, duration.toMillis() / 1_000.0);
  }
}
