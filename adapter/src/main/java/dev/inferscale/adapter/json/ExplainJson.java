package dev.inferscale.adapter.json;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.inferscale.adapter.metricsapi.encoding.Quantity;
import dev.inferscale.adapter.wire.JsonPage;
import dev.inferscale.adapter.wire.Quoted;
import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.snapshot.Answer;
import dev.inferscale.signals.snapshot.Pool;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/// Writes how signals come about: what each target said, the fold, the quantity that is served, and
/// the kind of target that an HPA should compare it with.
final class ExplainJson {
  /// So many targets are shown per signal; a person reads no more, and a page stays small.
  static final int MOST_TARGETS = 100;

  private ExplainJson() {}

  static void write(JsonGenerator json, Pool pool, List<Signal> signals, Instant now)
      throws IOException {
    json.writeStartObject();
    json.writeStringField("namespace", Quoted.plain(pool.id().namespace()));
    json.writeStringField("pool", Quoted.plain(pool.id().name()));
    json.writeStringField("model", Quoted.plain(pool.model()));
    json.writeStringField("engine", Quoted.plain(pool.engine()));
    PoolJson.writeTargets(json, pool, now);
    json.writeObjectFieldStart("signals");
    for (Signal signal : signals) {
      json.writeFieldName(signal.wireName());
      signal(json, pool, signal, now);
    }
    json.writeEndObject();
    json.writeEndObject();
  }

  private static void signal(JsonGenerator json, Pool pool, Signal signal, Instant now)
      throws IOException {
    Answer answer = pool.answer(signal, OptionalDouble.empty(), now);
    json.writeStartObject();
    PoolJson.writeAnswer(json, signal, answer);
    json.writeStringField("fold", signal.fold().text());
    if (answer instanceof Answer.Value value) {
      json.writeStringField("quantity", Quantity.of(value.number()));
    }
    json.writeStringField(
        "hpaTarget",
        switch (signal.target()) {
          case AVERAGE_VALUE -> "AverageValue";
          case VALUE -> "Value";
          case NONE -> "";
        });
    if (signal.hasPods()) {
      samples(json, pool, signal, now);
    }
    json.writeEndObject();
  }

  private static void samples(JsonGenerator json, Pool pool, Signal signal, Instant now)
      throws IOException {
    json.writeArrayFieldStart("samples");
    for (Pool.Contribution part :
        pool.contributions(signal, OptionalDouble.empty(), now, MOST_TARGETS)) {
      json.writeStartObject();
      json.writeStringField("target", Quoted.plain(part.target()));
      if (!part.pod().isEmpty()) {
        json.writeStringField("pod", Quoted.plain(part.pod()));
      }
      json.writeArrayFieldStart("series");
      for (String series : part.from()) {
        json.writeString(Quoted.plain(series));
      }
      json.writeEndArray();
      json.writeObjectFieldStart("inputs");
      for (Map.Entry<String, Double> input : part.inputs().entrySet()) {
        json.writeFieldName(input.getKey());
        JsonPage.number(json, input.getValue());
      }
      json.writeEndObject();
      answer(json, part.answer());
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private static void answer(JsonGenerator json, Answer answer) throws IOException {
    switch (answer) {
      case Answer.Value value -> {
        json.writeFieldName("value");
        JsonPage.number(json, value.number());
        PoolJson.writeSeconds(json, "ageSeconds", value.age());
      }
      case Answer.Missing missing -> {
        json.writeStringField("reason", missing.why().word());
        if (missing.age() != null) {
          PoolJson.writeSeconds(json, "ageSeconds", missing.age());
        }
      }
    }
  }
}
