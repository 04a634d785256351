package dev.inferscale.adapter.json;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.inferscale.adapter.wire.JsonPage;
import dev.inferscale.adapter.wire.Quoted;
import dev.inferscale.signals.pool.ModelPool;
import dev.inferscale.signals.pool.ModelPool.Capacity;
import dev.inferscale.signals.pool.ModelPool.Objectives;
import dev.inferscale.signals.pool.ModelPool.ScaleTarget;
import dev.inferscale.signals.pool.ModelPool.WhenMissing;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Writes what a pool's user said, as far as who scales the pool must know it: never where its
/// pages are, nor its Secrets. What is not said is left out.
final class PoolSpecJson {
  private PoolSpecJson() {}

  static void write(JsonGenerator json, ModelPool pool) throws IOException {
    json.writeObjectFieldStart("spec");
    json.writeStringField("role", pool.role().word());
    json.writeStringField("traffic", pool.traffic().name().toLowerCase(Locale.ROOT));
    PoolJson.writeSeconds(json, "intervalSeconds", pool.interval());
    ScaleTarget target = pool.scaleTarget();
    if (target != null) {
      json.writeObjectFieldStart("scaleTargetRef");
      json.writeStringField("apiVersion", Quoted.plain(target.apiVersion()));
      json.writeStringField("kind", Quoted.plain(target.kind()));
      json.writeStringField("name", Quoted.plain(target.name()));
      json.writeEndObject();
    }
    objectives(json, pool.objectives());
    capacity(json, pool.capacity());
    missing(json, pool.missing());
    json.writeEndObject();
  }

  private static void objectives(JsonGenerator json, Objectives objectives) throws IOException {
    json.writeObjectFieldStart("objectives");
    seconds(json, "timeToFirstTokenSeconds", objectives.timeToFirstToken());
    seconds(json, "timePerOutputTokenSeconds", objectives.timePerOutputToken());
    json.writeNumberField("attainment", objectives.attainment());
    json.writeEndObject();
  }

  private static void capacity(JsonGenerator json, Capacity capacity) throws IOException {
    json.writeObjectFieldStart("capacity");
    seconds(json, "coldStartSeconds", capacity.coldStart());
    json.writeNumberField("minReplicas", capacity.minReplicas());
    Integer most = capacity.maxReplicas();
    if (most != null) {
      json.writeNumberField("maxReplicas", most);
    }
    Double price = capacity.usdPerReplicaHour();
    if (price != null) {
      json.writeFieldName("usdPerReplicaHour");
      JsonPage.number(json, price);
    }
    json.writeEndObject();
  }

  private static void missing(JsonGenerator json, WhenMissing missing) throws IOException {
    json.writeObjectFieldStart("missing");
    json.writeBooleanField("hold", missing.answer() == WhenMissing.Rule.HOLD);
    PoolJson.writeSeconds(json, "staleAfterSeconds", missing.staleAfter());
    PoolJson.writeSeconds(json, "holdForSeconds", missing.holdFor());
    json.writeNumberField("minCoverage", missing.minCoverage());
    json.writeEndObject();
  }

  private static void seconds(JsonGenerator json, String name, @Nullable Duration duration)
      throws IOException {
    if (duration != null) {
      PoolJson.writeSeconds(json, name, duration);
    }
  }
}
