package dev.inferscale.e2e.bed;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.autoscaling.v2.MetricStatus;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The real HPA on numbers that the test sets: what Kubernetes' own end-to-end tests of external
/// metrics try (growing, shrinking, several metrics, stabilisation, limits), and what happens when
/// there is no number.
@ExtendWith(BedExtension.class)
final class ScaledByHpaIT {
  private static final String WAITING = "inference_requests_waiting";
  private static final String RUNNING = "inference_requests_running";

  @TempDir private static Path folder;

  private static RegisteredAdapter adapter;

  private static int models;

  private final BedNamespace home;

  /// The controller remembers by name how far it has scaled: no name is used twice.
  private final String model = "model-" + ++models;

  private final ScaledDeployment scaled;

  private LiveEngine engine;

  ScaledByHpaIT(BedNamespace home) {
    this.home = home;
    this.scaled = new ScaledDeployment(home, model);
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
    ScaledDeployment.clear(home);
    home.clear();
    engine.close();
  }

  @Test
  void itGrowsToTheSumOverTheTargetAndShrinksAgain() {
    home.unscheduled(model, 1);
    engine.shows("/metrics", 35, 10);
    scaled.between(1, 10, metric(WAITING, "averageValue: 10"));

    scaled.awaitReplicas(4);
    MetricStatus reported = scaled.status().getCurrentMetrics().getFirst();
    assertThat(reported.getExternal().getCurrent().getAverageValue().toString())
        .isIn("8750m", "35");
    engine.shows("/metrics", 12, 10);
    scaled.awaitReplicas(2);
    engine.shows("/metrics", 0, 10);
    scaled.awaitReplicas(1);
  }

  @Test
  void ofSeveralMetricsTheLargerWishWins() {
    home.unscheduled(model, 1);
    engine.shows("/metrics", 20, 60);
    scaled.between(1, 10, metric(WAITING, "averageValue: 10"), metric(RUNNING, "averageValue: 20"));

    scaled.awaitReplicas(3);
    engine.shows("/metrics", 50, 60);
    scaled.awaitReplicas(5);
  }

  @Test
  void limitsOfTheBehaviorHoldItBack() {
    home.unscheduled(model, 1);
    engine.shows("/metrics", 100, 10);
    scaled.behaving(
        "scaleUp: {policies: [{type: Pods, value: 2, periodSeconds: 1800}]}",
        1,
        6,
        metric(WAITING, "averageValue: 10"));

    scaled.awaitReplicas(3);
    home.awaitThat(
        "the limit is the reason",
        () -> scaled.condition("ScalingLimited").startsWith("True ScaleUpLimit"));
    assertThat(scaled.replicas()).isEqualTo(3);
  }

  @Test
  void stabilisationKeepsWhatWasWished() {
    home.unscheduled(model, 1);
    engine.shows("/metrics", 30, 10);
    scaled.behaving(
        "scaleUp: {stabilizationWindowSeconds: 0}\n    scaleDown: {stabilizationWindowSeconds: 300}",
        1,
        10,
        metric(WAITING, "averageValue: 10"));
    scaled.awaitReplicas(3);

    engine.shows("/metrics", 0, 10);
    home.awaitThat(
        "the window is the reason",
        () -> scaled.condition("AbleToScale").startsWith("True ScaleDownStabilized"));
    assertThat(scaled.replicas()).isEqualTo(3);
  }

  @ParameterizedTest
  @ValueSource(strings = {"dark", "silent"})
  void withoutANumberItKeepsItsReplicasAndItsEventSaysWhy(String how) {
    home.unscheduled(model, 1);
    engine.shows("/metrics", 30, 10);
    scaled.between(1, 10, metric(WAITING, "averageValue: 10"));
    scaled.awaitReplicas(3);
    String grew = scaled.status().getLastScaleTime();

    try (WatchedMetric watched = new WatchedMetric(home, WAITING, "chat")) {
      if (how.equals("dark")) {
        engine.goesDark("/metrics");
      } else {
        engine.goesSilent("/metrics");
      }
      scaled.awaitNoNumberOf("chat");
      assertThat(scaled.replicas()).isEqualTo(3);
      assertThat(scaled.status().getLastScaleTime()).isEqualTo(grew);

      engine.shows("/metrics", 50, 10);
      scaled.awaitReplicas(5);
      assertThat(scaled.condition("ScalingActive")).startsWith("True ValidMetricFound");
      assertThat(watched.numbers()).isNotEmpty().allMatch(number -> number > 0);
    }
  }

  @Test
  void aBrokenMetricBesideAGoodOneStopsShrinkingAlone() {
    home.unscheduled(model, 1);
    engine.shows("/metrics", 30, 10);
    scaled.between(
        1,
        10,
        metric(WAITING, "averageValue: 10"),
        metric("inference_gpu_utilization", "value: 900m"));
    scaled.awaitReplicas(3);

    engine.shows("/metrics", 0, 10);
    home.awaitThat(
        "the broken one is named",
        () -> scaled.condition("ScalingActive").contains("inference_gpu_utilization"));
    assertThat(scaled.replicas()).isEqualTo(3);
  }

  private static String metric(String name, String target) {
    return ScaledDeployment.external(name, "chat", target);
  }
}
