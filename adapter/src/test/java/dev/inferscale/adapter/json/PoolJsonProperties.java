package dev.inferscale.adapter.json;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.inferscale.adapter.HandMadePool;
import dev.inferscale.adapter.wire.JsonPage;
import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.snapshot.Absence;
import java.io.IOException;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class PoolJsonProperties {

  @Property(tries = 200)
  void anyTextAndAnyNumberGiveValidJson(
      @ForAll String model, @ForAll String explanation, @ForAll double number) throws IOException {
    HandMadePool pool =
        HandMadePool.named("serving", "p", model)
            .with(Signal.REQUESTS_WAITING, number)
            .without(Signal.LATENCY, Absence.REFUSED, explanation, null);

    byte[] body = JsonPage.of(200, json -> PoolJson.write(json, pool, HandMadePool.FOLDED)).body();

    JsonNode read = new ObjectMapper().readTree(body);
    assertThat(read.get("model").asText().length()).isLessThanOrEqualTo(128);
    assertThat(read.get("signals")).hasSize(Signal.values().length);
  }
}
