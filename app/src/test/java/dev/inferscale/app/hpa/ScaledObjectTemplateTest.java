package dev.inferscale.app.hpa;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.inferscale.app.hpa.Hpa.Workload;
import dev.inferscale.app.hpa.ScaledObjectTemplate.Triggers;
import dev.inferscale.signals.pool.ModelPool.Traffic;
import dev.inferscale.signals.pool.PoolId;
import dev.inferscale.signals.profile.Signal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class ScaledObjectTemplateTest {
  private static final Triggers SUITABLE = new Triggers("scaler:6000", null, null);

  @ParameterizedTest
  @EnumSource(Traffic.class)
  void everyKindOfTrafficGetsAScaledObjectThatItsColdStartAsksFor(Traffic traffic)
      throws IOException {
    JsonNode spec = spec(ScaledObjectTemplate.scaledObject(wish(traffic), SUITABLE));

    assertThat(spec.path("minReplicaCount").asInt()).isZero();
    assertThat(spec.path("maxReplicaCount").asInt()).isEqualTo(40);
    assertThat(spec.path("initialCooldownPeriod").asInt()).isEqualTo(300);
    assertThat(spec.path("cooldownPeriod").asInt())
        .isEqualTo(
            switch (traffic) {
              case STEADY, BATCH -> 300;
              case BURSTY -> 600;
            });
    assertThat(spec.path("fallback").path("behavior").asText())
        .isEqualTo("currentReplicasIfHigher");
    assertThat(spec.path("fallback").path("replicas").asInt()).isEqualTo(1);
    assertThat(
            spec.path("advanced")
                .path("horizontalPodAutoscalerConfig")
                .path("behavior")
                .path("scaleDown")
                .path("stabilizationWindowSeconds")
                .asInt())
        .isPositive();
    assertThat(spec.path("triggers")).hasSize(traffic == Traffic.BATCH ? 1 : 2);
  }

  @Test
  void aTargetComesFromThePoolsObjectives() throws IOException {
    JsonNode triggers =
        spec(ScaledObjectTemplate.scaledObject(wish(Traffic.STEADY), SUITABLE)).path("triggers");

    JsonNode tokens = triggers.get(0);
    assertThat(tokens.path("type").asText()).isEqualTo("external-push");
    assertThat(tokens.path("metricType").asText()).isEqualTo("AverageValue");
    assertThat(tokens.path("metadata").path("scalerAddress").asText()).isEqualTo("scaler:6000");
    assertThat(tokens.path("metadata").path("target").asText()).isEqualTo("8400");
    JsonNode wait = triggers.get(1);
    assertThat(wait.path("metricType").asText()).isEqualTo("Value");
    assertThat(wait.path("metadata").path("target").asText()).isEqualTo("1000m");
  }

  /// `inferscale hpa --pool serving/chat-8b --keda --authentication inferscale`, and with `--job`.
  @Test
  void theSamplesOfTheManifestsAreWhatIsPrinted() throws IOException {
    Triggers triggers = new Triggers("inferscale-keda.inferscale.svc:6000", null, "inferscale");

    assertThat(sample("scaled-object.yaml"))
        .isEqualTo(ScaledObjectTemplate.scaledObject(wish(Traffic.STEADY), triggers));
    assertThat(sample("scaled-job.yaml"))
        .isEqualTo(ScaledObjectTemplate.scaledJob(wish(Traffic.BATCH), triggers));
  }

  private static String sample(String name) throws IOException {
    return Files.readString(Path.of("..", "manifests", "keda", "samples", name));
  }

  @Test
  void oneSignalIsOneTrigger() throws IOException {
    Triggers only = new Triggers("scaler:6000", Signal.KV_CACHE_UTILIZATION, null);

    JsonNode triggers =
        spec(ScaledObjectTemplate.scaledObject(wish(Traffic.STEADY), only)).path("triggers");

    assertThat(triggers).hasSize(1);
    assertThat(triggers.get(0).path("metadata").path("signal").asText())
        .isEqualTo("inference_kv_cache_utilization");
    assertThat(triggers.get(0).path("metadata").path("target").asText()).isEqualTo("0.8");
  }

  @Test
  void aScaledJobAsksForWhatWaits() throws IOException {
    JsonNode spec = spec(ScaledObjectTemplate.scaledJob(wish(Traffic.BATCH), SUITABLE));

    assertThat(spec.path("scalingStrategy").path("strategy").asText()).isEqualTo("accurate");
    assertThat(spec.path("triggers").get(0).path("type").asText()).isEqualTo("external");
    assertThat(spec.path("triggers").get(0).path("metadata").path("signal").asText())
        .isEqualTo("inference_requests_waiting");
  }

  @Test
  void everyNumberComesWithItsReason() {
    for (String yaml :
        List.of(
            ScaledObjectTemplate.scaledObject(wish(Traffic.BURSTY), SUITABLE),
            ScaledObjectTemplate.scaledJob(wish(Traffic.BATCH), SUITABLE))) {
      List<String> lines = yaml.lines().toList();
      for (int i = 0; i < lines.size(); i++) {
        if (lines.get(i).matches(" *[^# ].*: \"?[0-9]+m?\"?$")
            && !lines.get(i).contains("backoffLimit")) {
          assertThat(lines.get(i - 1).strip()).as("before: %s", lines.get(i)).startsWith("#");
        }
      }
    }
  }

  private static JsonNode spec(String yaml) throws IOException {
    return new YAMLMapper().readTree(yaml).path("spec");
  }

  private static HpaTemplate.Wish wish(Traffic traffic) {
    return wish(traffic, Duration.ofSeconds(2));
  }

  private static HpaTemplate.Wish wish(Traffic traffic, @Nullable Duration objective) {
    return new HpaTemplate.Wish(
        new PoolId("serving", "chat-8b"),
        new Workload("apps/v1", "Deployment", "chat-8b"),
        traffic,
        Duration.ofSeconds(150),
        0,
        40,
        objective,
        8_400,
        "as you said");
  }
}
