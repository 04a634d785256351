package dev.inferscale.app.hpa;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.inferscale.app.hpa.Explanation.Sight;
import dev.inferscale.app.hpa.Explanation.Standing;
import dev.inferscale.app.hpa.Findings.Scaler;
import dev.inferscale.app.hpa.Hpa.Goal;
import dev.inferscale.app.hpa.Hpa.Source;
import dev.inferscale.app.hpa.Hpa.Workload;
import dev.inferscale.signals.pool.ModelPool.Traffic;
import dev.inferscale.signals.pool.PoolId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// HPAs as documents: what is read of them, what is said about them, and the one that we print.
class HpaDocumentsTest {
  private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());
  private static final Measured MEASURED = new Measured(2, OptionalDouble.of(20_000));

  @Test
  void everyPartIsRead() {
    Hpa hpa =
        hpa(
            """
            metadata:
              namespace: serving
              name: chat
              ownerReferences: [{kind: ScaledObject, name: chat, controller: true}]
            spec:
              scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: chat}
              maxReplicas: 8
              metrics:
              - type: External
                external:
                  metric:
                    name: inference_tokens_in_flight
                    selector:
                      matchLabels: {pool: chat}
                      matchExpressions: [{key: model, operator: In, values: [b, a]}]
                  target: {type: AverageValue, averageValue: 2k}
              - type: Object
                object:
                  describedObject: {apiVersion: inferscale.dev/v1alpha1, kind: ModelPool, name: chat}
                  metric: {name: inference_queue_wait_seconds}
                  target: {type: Value, value: 500m}
              - type: Resource
                resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}
              behavior:
                scaleDown:
                  stabilizationWindowSeconds: 0
                  tolerance: 50m
                  selectPolicy: Disabled
                  policies: [{type: Percent, value: 20, periodSeconds: 60}]
            """);

    assertThat(hpa.owner()).isEqualTo("ScaledObject/chat");
    assertThat(hpa.minReplicas()).isEqualTo(1);
    assertThat(hpa.metrics().get(0))
        .isEqualTo(
            new Hpa.Metric(
                Source.EXTERNAL,
                "inference_tokens_in_flight",
                "model in (a,b),pool=chat",
                "",
                new Goal(true, 2_000_000)));
    assertThat(hpa.metrics().get(1).object()).isEqualTo("ModelPool/chat");
    assertThat(hpa.metrics().get(1).goal()).isEqualTo(new Goal(false, 500));
    assertThat(hpa.metrics().get(2).source()).isEqualTo(Source.OTHER);
    assertThat(hpa.toleranceDown()).isEqualTo(0.05);
    assertThat(hpa.toleranceUp()).isEqualTo(0.1);
    assertThat(hpa.scaleDown().disabled()).isTrue();
  }

  @ParameterizedTest
  @EnumSource(Traffic.class)
  void whatIsPrintedIsAnHpaWithoutFaults(Traffic traffic) {
    Hpa hpa = hpa(HpaTemplate.yaml(wish(traffic, Duration.ofSeconds(150), Duration.ofSeconds(2))));

    assertThat(hpa.id()).isEqualTo("serving/chat-8b");
    assertThat(hpa.target()).isEqualTo(new Workload("apps/v1", "Deployment", "chat-8b"));
    assertThat(hpa.metrics()).hasSize(traffic == Traffic.BATCH ? 1 : 2);
    assertThat(hpa.metrics()).allMatch(metric -> metric.selector().equals("pool=chat-8b"));
    assertThat(Findings.metrics(hpa, MEASURED, false)).isEmpty();
    assertThat(hpa.scaleDown().stabilizationSeconds())
        .isEqualTo(
            switch (traffic) {
              case STEADY -> 300;
              case BURSTY -> 600;
              case BATCH -> 150;
            });
  }

  @Test
  void everyNumberComesWithItsReason() {
    String yaml = HpaTemplate.yaml(wish(Traffic.STEADY, null, null));
    assertThat(yaml)
        .contains(
            "  # for a cold start of 120 s, assumed: set the pool's capacity.coldStart\n  behavior:")
        .contains("  # no latency metric: the pool has no objectives.timeToFirstToken\n")
        .contains("      # a sum, so per replica; as you said\n      target: {type: AverageValue");
    List<String> lines = yaml.lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).matches(" *[^# ].*[0-9]+}?$") && !lines.get(i).contains("apiVersion:")) {
        assertThat(lines.get(i - 1).strip()).as("before: %s", lines.get(i)).startsWith("#");
      }
    }
  }

  @Test
  void aLongColdStartNeverGoesBeyondWhatTheApiAllows() {
    Hpa hpa = hpa(HpaTemplate.yaml(wish(Traffic.BURSTY, Duration.ofHours(1), null)));
    assertThat(hpa.scaleDown().stabilizationSeconds()).isEqualTo(3600);
    assertThat(hpa.scaleDown().policies())
        .singleElement()
        .satisfies(policy -> assertThat(policy.periodSeconds()).isEqualTo(1800));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "inference_ttft_seconds | averageValue: 500m | use target type Value",
        "inference_kv_cache_utilization | averageValue: 500m | use target type Value",
        "inference_tokens_in_flight | value: 5000 | use target type AverageValue",
        "inference_kv_cache_utilization | value: 1 | never above 1",
        "inference_kv_cache_pods_full | averageValue: 1500m | at most 1 per replica",
        "inference_tokens_in_flight | averageValue: 12k | not below the KV cache of one, 10000",
        "inference_cost_usd_per_hour | averageValue: 1 | nothing to aim at",
      })
  void targetsThatCannotWorkAreNamed(String metric, String target, String said) {
    assertThat(Findings.metrics(external(metric, target), MEASURED, false))
        .singleElement()
        .satisfies(finding -> {
          assertThat(finding.grave()).isTrue();
          assertThat(finding.sentence()).contains(metric).contains(said);
        });
  }

  @Test
  void windowsThatAddUpAreNamed() {
    Hpa required = external("inference_replicas_required", "averageValue: 1");
    assertThat(Findings.metrics(required, Measured.UNKNOWN, false))
        .singleElement()
        .satisfies(finding -> {
          assertThat(finding.grave()).isFalse();
          assertThat(finding.sentence()).contains("adds 300 s").contains("set it to 0");
        });
    assertThat(Findings.metrics(external("inference_ttft_seconds", "value: 1"), MEASURED, true))
        .singleElement()
        .satisfies(finding -> assertThat(finding.sentence()).contains("missing.answer is hold"));
  }

  @Test
  void twoOwnersOfOneTargetAreNamedAndKedasOwnHpaIsNone() {
    Workload chat = new Workload("apps/v1", "Deployment", "chat");
    Hpa plain = external("inference_ttft_seconds", "value: 1");
    Hpa keda =
        new Hpa(
            "serving",
            "keda-hpa-chat",
            "ScaledObject/chat",
            chat,
            1,
            8,
            List.of(),
            Hpa.Behavior.UNSAID,
            Hpa.Behavior.UNSAID);
    Scaler scaler = new Scaler("ScaledObject", "chat", chat);

    assertThat(Findings.owners(List.of(plain), List.of())).isEmpty();
    assertThat(Findings.owners(List.of(keda), List.of(scaler))).isEmpty();
    assertThat(Findings.owners(List.of(plain, keda), List.of(scaler)))
        .singleElement()
        .satisfies(finding -> {
          assertThat(finding.subject()).isEqualTo("deployment/chat");
          assertThat(finding.sentence()).startsWith("hpa/plain and scaledobject/chat scale it");
        });
  }

  @Test
  void theArithmeticIsShownLineByLine() {
    Hpa hpa = external("inference_tokens_in_flight", "averageValue: 2k");
    Read.Items items = new Read.Items(List.of(new Read.Item("pool=chat", "8400500m", 8_400_500)));
    Sight sight = new Sight(hpa.metrics().getFirst(), items, List.of("derived, 0.3 s old"));

    assertThat(Explanation.lines(hpa, new Standing(3, 3, 2), List.of(sight)))
        .containsExactly(
            "hpa/serving/plain scales Deployment/chat: 3 replicas (3 counted, 2 ready), 1 to 8",
            "",
            "metric inference_tokens_in_flight (external, pool=chat)",
            "  read      8400500m (8400.5)  pool=chat",
            "  target    2000 per replica (AverageValue)",
            "            derived, 0.3 s old",
            "  ratio     1.400, outside 0.90 to 1.10",
            "  proposes  5: ceil(8400.5 / 2000) = 5",
            "  changes   more above 10000, fewer below 8000",
            "",
            "desired   5: 5 is wished for");
  }

  @Test
  void aSumBeyondAllNumbersIsCutAndNotWrapped() {
    Hpa hpa = external("inference_tokens_in_flight", "averageValue: 2k");
    Read.Item huge = new Read.Item("pool=chat", "9200T", 9_200_000_000_000_000_000L);
    Sight sight =
        new Sight(hpa.metrics().getFirst(), new Read.Items(List.of(huge, huge)), List.of());

    assertThat(Explanation.lines(hpa, new Standing(3, 3, 3), List.of(sight)))
        .last()
        .asString()
        .startsWith("desired   7: 2147483647 is wished for; maxReplicas makes it 8");
  }

  /// Case P05: the controller itself prints the smallest 64-bit number here.
  @Test
  void atNoReplicasNothingIsDividedByThem() {
    Hpa hpa = external("inference_tokens_in_flight", "averageValue: 2k");
    Hpa zero =
        new Hpa(
            hpa.namespace(),
            hpa.name(),
            "",
            hpa.target(),
            0,
            8,
            hpa.metrics(),
            hpa.scaleUp(),
            hpa.scaleDown());
    Read.Items items = new Read.Items(List.of(new Read.Item("pool=chat", "4500", 4_500_000)));
    Sight sight = new Sight(zero.metrics().getFirst(), items, List.of());

    String shown =
        String.join("\n", Explanation.lines(zero, new Standing(0, 0, 0), List.of(sight)));
    assertThat(shown)
        .contains("0 replicas: desired = ceil(sum/target) = ceil(4500 / 2000) = 3")
        .contains("desired   3")
        .doesNotContain("-9223372036854775808")
        .doesNotContain("NaN")
        .doesNotContain("Infinity");
    Sight refused =
        new Sight(
            new Hpa.Metric(Source.EXTERNAL, "inference_ttft_seconds", "", "", new Goal(true, 0)),
            items,
            List.of());
    assertThat(Explanation.lines(zero, new Standing(0, 0, 0), List.of(refused)))
        .contains("  proposes  nothing: the target must be greater than 0");
  }

  private static HpaTemplate.Wish wish(
      Traffic traffic, @Nullable Duration coldStart, @Nullable Duration objective) {
    return new HpaTemplate.Wish(
        new PoolId("serving", "chat-8b"),
        new Workload("apps/v1", "Deployment", "chat-8b"),
        traffic,
        coldStart,
        1,
        null,
        objective,
        7_000,
        "as you said");
  }

  private static Hpa external(String metric, String target) {
    return hpa(
        """
        metadata: {namespace: serving, name: plain}
        spec:
          scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: chat}
          maxReplicas: 8
          metrics:
          - type: External
            external:
              metric: {name: %s, selector: {matchLabels: {pool: chat}}}
              target: {%s}
        """
            .formatted(metric, target));
  }

  private static Hpa hpa(String yaml) {
    try {
      JsonNode tree = YAML.readTree(yaml);
      return HpaReader.read(tree);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
