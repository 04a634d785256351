package dev.inferscale.signals.pool;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.inferscale.signals.document.Key;
import dev.inferscale.signals.document.Kind;
import dev.inferscale.signals.pool.ModelPoolStatus.Condition;
import dev.inferscale.signals.pool.ModelPoolStatus.Replicas;
import dev.inferscale.signals.pool.ModelPoolStatus.Targets;
import dev.inferscale.signals.pool.ModelPoolStatus.Value;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class ModelPoolStatusTest {
  private static final Instant NOW = Instant.parse("2026-11-27T10:00:00.123Z");

  private static final ModelPoolStatus FULL =
      new ModelPoolStatus(
          7,
          List.of(
              new Condition(Condition.Type.READY, Condition.Truth.FALSE, "Stale", "ask on", NOW)),
          new Targets(2, 3),
          "vllm",
          "vllm",
          new Replicas(3, 2, 1),
          List.of(
              new Value("inference_tokens_in_flight", 1e7, "exact", NOW),
              new Value("inference_ttft_seconds", 0.25, "derived", NOW)));

  @Test
  void aFullStatusHasExactlyTheKeysOfTheSchema() {
    Set<String> written = new TreeSet<>();
    written(FULL.json(), "", written);
    Set<String> known = new TreeSet<>();
    known(StatusKeys.STATUS, "", known);

    assertThat(written).isEqualTo(known);
  }

  @Test
  void itsWordsAreKubernetesOwn() {
    JsonNode condition = FULL.json().at("/conditions/0");

    assertThat(condition.path("type").asText()).isEqualTo("Ready");
    assertThat(condition.path("status").asText()).isEqualTo("False");
    assertThat(condition.path("observedGeneration").asInt()).isEqualTo(7);
    assertThat(condition.path("lastTransitionTime").asText()).isEqualTo("2026-11-27T10:00:00Z");
    assertThat(FULL.json().at("/targets/summary").asText()).isEqualTo("2/3");
  }

  @Test
  void wholeValuesAreWrittenWhole() {
    assertThat(FULL.json().at("/values/0/value").toString()).isEqualTo("10000000");
    assertThat(FULL.json().at("/values/1/value").toString()).isEqualTo("0.25");
  }

  @Test
  void whatIsUnknownIsLeftOut() {
    JsonNode json =
        new ModelPoolStatus(1, List.of(), new Targets(0, 0), null, null, null, List.of()).json();

    assertThat(json.has("engine")).isFalse();
    assertThat(json.has("profile")).isFalse();
    assertThat(json.has("replicas")).isFalse();
  }

  private static void written(JsonNode node, String path, Set<String> paths) {
    node.forEach(item -> {
      if (node.isArray()) {
        written(item, path, paths);
      }
    });
    for (var entry : node.properties()) {
      paths.add(path + "." + entry.getKey());
      written(entry.getValue(), path + "." + entry.getKey(), paths);
    }
  }

  private static void known(Kind kind, String path, Set<String> paths) {
    switch (kind) {
      case Kind.Mapping mapping -> {
        for (Key key : mapping.keys()) {
          paths.add(path + "." + key.name());
          known(key.kind(), path + "." + key.name(), paths);
        }
      }
      case Kind.Listing listing -> known(listing.item(), path, paths);
      default -> {}
    }
  }
}
