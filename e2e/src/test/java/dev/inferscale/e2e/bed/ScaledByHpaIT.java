package dev.inferscale.e2e.bed;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// The real HPA on numbers that the test sets: what Kubernetes' own end-to-end tests of external
/// metrics try (growing, shrinking, several metrics, stabilisation, limits), and what happens when
/// there is no number.
@ExtendWith(BedExtension.class)
final class ScaledByHpaIT {
  private static final String WAITING = "inference_requests_waiting";
  private static final String RUNNING = "inference_requests_running";

  /// Up at once and down after a moment, so that a test need not wait.
  private static final String QUICK =
      "scaleUp: {stabilizationWindowSeconds: 0, policies: [{type: Pods, value: 100, periodSeconds: 1}]}\n"
          + "    scaleDown: {stabilizationWindowSeconds: 1, policies: [{type: Percent, value: 100, periodSeconds: 1}]}";

  @TempDir private static Path folder;

  private static RegisteredAdapter adapter;

  private static int models;

  private final BedNamespace home;

  /// The controller remembers by name how far it has scaled: no name is used twice.
  private final String model = "model-" + ++models;

  private LiveEngine engine;

  ScaledByHpaIT(BedNamespace home) {
    this.home = home;
  }

  @BeforeAll
  static void register(Bed bed, BedNamespace home) throws IOException {
    adapter = RegisteredAdapter.start(bed, home, folder);
  }

  @AfterAll
  static void unregister() {
    if (adapter != null) {
      adapter.close();
    }
  }

  @BeforeEach
  void serve() throws IOException {
    engine = new LiveEngine().shows("/metrics", 0, 10);
    home.servedBy("served", engine.address());
    home.apply(
        """
        apiVersion: inferscale.dev/v1alpha1
        kind: ModelPool
        metadata: {name: chat}
        spec:
          model: acme/chat
          source: {pods: {selector: {matchLabels: {app: served}}, ports: [%d]}}
          interval: 1s
          missing: {staleAfter: 3s}
        """
            .formatted(engine.port()));
    home.awaitThat("it is measured", () -> adapter.plane().value("chat", WAITING) == 0);
  }

  @AfterEach
  void clear() {
    home.kube().autoscaling().v2().horizontalPodAutoscalers().inNamespace(home.name()).delete();
    home.clear();
    engine.close();
  }

  @Test
  void itGrowsToTheSumOverTheTargetAndShrinksAgain() {
    home.unscheduled(model, 1);
    engine.shows("/metrics", 35, 10);
    home.hpa(model, 1, 10, QUICK, metric(WAITING, "averageValue: 10"));

    awaitReplicas(4);
    assertThat(
            hpa().path("status").path("currentMetrics").path(0).findPath("averageValue").asText())
        .isIn("8750m", "35");
    engine.shows("/metrics", 12, 10);
    awaitReplicas(2);
    engine.shows("/metrics", 0, 10);
    awaitReplicas(1);
  }

  @Test
  void ofSeveralMetricsTheLargerWishWins() {
    home.unscheduled(model, 1);
    engine.shows("/metrics", 20, 60);
    home.hpa(
        model,
        1,
        10,
        QUICK,
        metric(WAITING, "averageValue: 10") + metric(RUNNING, "averageValue: 20"));

    awaitReplicas(3);
    engine.shows("/metrics", 50, 60);
    awaitReplicas(5);
  }

  @Test
  void limitsOfTheBehaviorHoldItBack() {
    home.unscheduled(model, 1);
    engine.shows("/metrics", 100, 10);
    home.hpa(
        model,
        1,
        6,
        "scaleUp: {policies: [{type: Pods, value: 2, periodSeconds: 1800}]}",
        metric(WAITING, "averageValue: 10"));

    awaitReplicas(3);
    home.awaitThat(
        "the limit is the reason",
        () -> condition("ScalingLimited").startsWith("True ScaleUpLimit"));
    assertThat(replicas()).isEqualTo(3);
  }

  @Test
  void stabilisationKeepsWhatWasWished() {
    home.unscheduled(model, 1);
    engine.shows("/metrics", 30, 10);
    home.hpa(
        model,
        1,
        10,
        "scaleUp: {stabilizationWindowSeconds: 0}\n    scaleDown: {stabilizationWindowSeconds: 300}",
        metric(WAITING, "averageValue: 10"));
    awaitReplicas(3);

    engine.shows("/metrics", 0, 10);
    home.awaitThat(
        "the window is the reason",
        () -> condition("AbleToScale").startsWith("True ScaleDownStabilized"));
    assertThat(replicas()).isEqualTo(3);
  }

  @Test
  void withoutANumberItKeepsItsReplicasAndItsEventSaysWhy() {
    home.unscheduled(model, 1);
    engine.shows("/metrics", 30, 10);
    home.hpa(model, 1, 10, QUICK, metric(WAITING, "averageValue: 10"));
    awaitReplicas(3);

    engine.goesDark("/metrics");
    home.awaitThat(
        "the condition has our sentence",
        () ->
            condition("ScalingActive").startsWith("False FailedGetExternalMetric")
                && condition("ScalingActive").contains("pool " + home.name() + "/chat"));
    home.awaitThat(
        "the event has it too",
        () -> home.events(model).stream().anyMatch(said -> said.contains("/chat")));
    assertThat(replicas()).isEqualTo(3);

    engine.shows("/metrics", 50, 10);
    awaitReplicas(5);
    assertThat(condition("ScalingActive")).startsWith("True ValidMetricFound");
  }

  @Test
  void aBrokenMetricBesideAGoodOneStopsShrinkingAlone() {
    home.unscheduled(model, 1);
    engine.shows("/metrics", 30, 10);
    home.hpa(
        model,
        1,
        10,
        QUICK,
        metric(WAITING, "averageValue: 10") + metric("inference_gpu_utilization", "value: 900m"));
    awaitReplicas(3);

    engine.shows("/metrics", 0, 10);
    home.awaitThat(
        "the broken one is named",
        () -> condition("ScalingActive").contains("inference_gpu_utilization"));
    assertThat(replicas()).isEqualTo(3);
  }

  private static String metric(String name, String target) {
    String type = target.startsWith("averageValue") ? "AverageValue" : "Value";
    return """
      - type: External
        external:
          metric: {name: %s, selector: {matchLabels: {pool: chat}}}
          target: {type: %s, %s}
    """
        .formatted(name, type, target);
  }

  private void awaitReplicas(int count) {
    home.awaitThat(count + " replicas", () -> replicas() == count);
  }

  private int replicas() {
    return home.kube()
        .apps()
        .deployments()
        .inNamespace(home.name())
        .withName(model)
        .get()
        .getSpec()
        .getReplicas();
  }

  /// `STATUS REASON: MESSAGE` of one condition, empty where it is not there yet.
  private String condition(String type) {
    for (JsonNode condition : hpa().path("status").path("conditions")) {
      if (condition.path("type").asText().equals(type)) {
        return condition.path("status").asText()
            + " "
            + condition.path("reason").asText()
            + ": "
            + condition.path("message").asText();
      }
    }
    return "";
  }

  private JsonNode hpa() {
    return new ObjectMapper()
        .valueToTree(
            home.kube()
                .autoscaling()
                .v2()
                .horizontalPodAutoscalers()
                .inNamespace(home.name())
                .withName(model)
                .get());
  }
}
