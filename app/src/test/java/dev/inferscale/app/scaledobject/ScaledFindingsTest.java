package dev.inferscale.app.scaledobject;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.inferscale.app.scaledobject.Warning.Kind;
import dev.inferscale.signals.pool.ModelPool;
import dev.inferscale.signals.pool.PoolId;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What is wrong with ScaledObjects and ScaledJobs, one document a case.
final class ScaledFindingsTest {
  private static final PoolId CHAT = new PoolId("serving", "chat");

  /// A pool that may go to zero, of at most 8, with 120 s of cold start; 5 run.
  private static final Map<PoolId, PoolFacts> POOLS =
      Map.of(
          CHAT,
          new PoolFacts(
              new ModelPool.Capacity(Duration.ofMinutes(2), 0, 8, null), OptionalInt.of(5)));

  private static final String GOOD =
      """
      metadata: {name: chat, namespace: serving}
      spec:
        scaleTargetRef: {name: chat}
        minReplicaCount: 0
        maxReplicaCount: 8
        pollingInterval: 15
        cooldownPeriod: 300
        initialCooldownPeriod: 240
        fallback: {failureThreshold: 3, replicas: 1, behavior: currentReplicasIfHigher}
        triggers:
        - type: external-push
          metricType: AverageValue
          metadata: {scalerAddress: "inferscale-keda.inferscale:6000", pool: chat, signal: inference_requests_waiting, target: "4"}
      """;

  private static final String JOB =
      """
      metadata: {name: chat, namespace: serving}
      spec:
        jobTargetRef: {}
        triggers:
        - type: external
          metadata: {scalerAddress: "inferscale-keda.inferscale:6000", pool: chat, signal: inference_requests_waiting}
      """;

  @Test
  void whatFitsIsNotWarnedOf() {
    assertThat(of(GOOD)).isEmpty();
    assertThat(of(JOB)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "external-push|external|POLLED_RISE|rise from zero waits for the next poll, up to 15 s; use type external-push",
        "metricType: AverageValue|metricType: Value|METRIC_TYPE|set metricType to AverageValue",
        "metricType: AverageValue|metricType: Utilization|METRIC_TYPE|is refused by KEDA",
        "requests_waiting|ttft_seconds|METRIC_TYPE|divided by the replicas once more; set metricType, beside the metadata, to Value",
        "target: \"4\"|target: \"0\"|BAD_TRIGGER|triggers[0]: target is '0'; it must be greater than 0",
        "pool: chat,|poool: chat,|BAD_TRIGGER|triggers[0]: pool is missing",
        "target: \"4\"|tarrget: \"4\"|UNREAD_KEY|did you mean target?",
        "pool: chat,|pool: other,|UNKNOWN_POOL|there is no ModelPool serving/other",
        "cooldownPeriod: 300|cooldownPeriod: 60|COOLDOWN|cooldownPeriod is 60 s, less than the pool's cold start",
        "initialCooldownPeriod: 240|restoring: 1|COOLDOWN|initialCooldownPeriod is 0 s",
        "behavior: currentReplicasIfHigher|behavior: static|FALLBACK|fallback.replicas is 1 and 5 run",
        "fallback:|fallbackk:|FALLBACK|there is no fallback",
        "maxReplicaCount: 8|maxReplicaCount: 9|REPLICAS|above the pool's capacity.maxReplicas 8",
        "pollingInterval: 15|pollingInterval: 90|POLLING|pollingInterval is 90 s",
      })
  void eachMistakeIsNamedWithWhatToDo(String good, String bad, Kind kind, String sentence) {
    assertThat(GOOD).contains(good);
    List<Warning> warnings = of(GOOD.replace(good, bad));

    assertThat(warnings)
        .filteredOn(warning -> warning.kind() == kind)
        .singleElement()
        .satisfies(warning -> {
          assertThat(warning.sentence()).contains(sentence).doesNotContain("\n");
          assertThat(warning.subject()).isEqualTo("scaledobject/serving/chat");
        });
  }

  @Test
  void aValueOfALatencyNeedsNoQuantile() {
    String latency =
        GOOD.replace("requests_waiting", "ttft_seconds").replace("AverageValue", "Value");

    assertThat(of(latency)).isEmpty();
  }

  @Test
  void cachedMetricsAreAsOldAsThePoll() {
    String cached = GOOD.replace("metricType:", "useCachedMetrics: true\n    metricType:");

    assertThat(of(cached)).isEmpty();
    assertThat(of(cached.replace("pollingInterval: 15", "pollingInterval: 40")))
        .extracting(Warning::kind)
        .containsExactly(Kind.POLLING);
  }

  @Test
  void aPoolThatMustKeepReplicasIsNotToGoToZero() {
    var held =
        Map.of(
            CHAT, new PoolFacts(new ModelPool.Capacity(null, 2, null, null), OptionalInt.empty()));

    assertThat(ScaledFindings.of(document(GOOD), held, true))
        .singleElement()
        .extracting(Warning::sentence)
        .asString()
        .contains("minReplicaCount is 0, below the pool's capacity.minReplicas 2");
  }

  @Test
  void whereNotAllPoolsAreKnownNoneIsMissed() {
    assertThat(ScaledFindings.of(document(GOOD), Map.of(), false)).isEmpty();
  }

  @Test
  void aPausedObjectIsNamedByItsAnnotation() {
    String paused =
        GOOD.replace(
            "namespace: serving}",
            "namespace: serving, annotations: {autoscaling.keda.sh/paused: \"true\","
                + " autoscaling.keda.sh/paused-scale-in: \"false\"}}");

    assertThat(of(paused))
        .singleElement()
        .extracting(Warning::sentence)
        .asString()
        .startsWith("the annotation autoscaling.keda.sh/paused holds scaling back");
  }

  @Test
  void aJobIsPolledAndCountsSums() {
    assertThat(of(JOB.replace("type: external", "type: external-push")))
        .singleElement()
        .extracting(Warning::sentence)
        .asString()
        .contains("never listens to the push of a ScaledJob; use type external");
    assertThat(of(JOB.replace("requests_waiting", "kv_cache_utilization")))
        .extracting(Warning::kind)
        .containsExactly(Kind.METRIC_TYPE);
  }

  @Test
  void whoeverAsksSomebodyElseIsNoneOfOurBusiness() {
    String others =
        """
        metadata: {name: chat, namespace: serving}
        spec:
          triggers:
          - {type: cron, metadata: {pool: chat}}
          - {type: external, metadata: {scalerAddress: "other:1", target: "nonsense"}}
        """;

    assertThat(of(others)).isEmpty();
    assertThat(document(others).triggers()).isEmpty();
  }

  @Test
  void nonsenseInEveryPlaceIsBorne() {
    assertThat(ScaledFindings.of(document("{spec: {triggers: 7, fallback: 3}}"), POOLS, true))
        .isEmpty();
    assertThat(
            of(
                """
                metadata: {name: [], namespace: serving, annotations: 3}
                spec: {minReplicaCount: many, fallback: [], triggers: [null, {type: external, metadata: {pool: {}}}]}
                """))
        .extracting(Warning::kind)
        .contains(Kind.BAD_TRIGGER);
  }

  /// Case K04.
  @Test
  void aMisspeltSignalAndAMisspeltKeyAreBothNamedAndNothingElseIsShown() throws IOException {
    try (InputStream in = ScaledFindingsTest.class.getResourceAsStream("scaledobject-typo.yaml")) {
      ScaledDocument typo =
          ScaledDocument.read(new YAMLMapper().readTree(Objects.requireNonNull(in)));
      List<Warning> warnings = ScaledFindings.of(typo, Map.of(), true);

      assertThat(warnings)
          .extracting(Warning::sentence)
          .startsWith(
              "triggers[0]: signal is 'inference_requests_waitng', which there is not; did you mean"
                  + " inference_requests_waiting?; the key 'activationTreshold' is not read; did you"
                  + " mean activationThreshold?")
          .noneMatch(sentence -> sentence.contains("6000"));
      assertThat(warnings.getFirst().grave()).isTrue();
    }
  }

  private static List<Warning> of(String yaml) {
    return ScaledFindings.of(document(yaml), POOLS, true);
  }

  private static ScaledDocument document(String yaml) {
    try {
      JsonNode document = new YAMLMapper().readTree(yaml);
      return ScaledDocument.read(document);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
