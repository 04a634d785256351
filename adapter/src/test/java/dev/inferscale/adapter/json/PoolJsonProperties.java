package dev.inferscale.adapter.json;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.inferscale.adapter.FoldedPool;
import dev.inferscale.adapter.wire.JsonPage;
import dev.inferscale.signals.profile.Reading.Gauge;
import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.snapshot.Pool;
import dev.inferscale.signals.snapshot.Snapshot;
import java.io.IOException;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class PoolJsonProperties {

  @Property(tries = 200)
  void anyTextAndAnyNumberGiveValidJson(
      @ForAll String model, @ForAll String explanation, @ForAll double number) throws IOException {
    FoldedPool pool =
        FoldedPool.named("serving", "p", model)
            .with(Gauge.REQUESTS_WAITING, number)
            .absent(Signal.LATENCY, explanation);
    Snapshot snapshot = FoldedPool.snapshot(pool);
    Pool folded = snapshot.pools().values().iterator().next();

    byte[] body = JsonPage.of(200, json -> PoolJson.write(json, folded, snapshot.at())).body();

    JsonNode read = new ObjectMapper().readTree(body);
    assertThat(read.get("model").asText().length()).isLessThanOrEqualTo(128);
    assertThat(read.get("signals")).hasSize(Signal.values().length);
  }
}
