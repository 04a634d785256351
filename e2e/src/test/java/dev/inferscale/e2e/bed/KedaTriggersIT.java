package dev.inferscale.e2e.bed;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// What the real KEDA makes of a plane's answers, by kind of trigger and of trouble. The engine is
/// the test's; the Deployments scale pods that no node takes.
@ExtendWith({BedExtension.class, KedaExtension.class})
final class KedaTriggersIT {
  private static final String WAITING = "inference_requests_waiting";

  private final Bed bed;
  private final BedNamespace home;
  private final PlaneOnBed plane;

  KedaTriggersIT(Bed bed, BedNamespace home, PlaneOnBed plane) {
    this.bed = bed;
    this.home = home;
    this.plane = plane;
  }

  @AfterEach
  void clear() {
    ScaledObject.clear(bed, home);
    home.kube().batch().v1().jobs().inNamespace(home.name()).delete();
    home.clear();
  }

  @Test
  void aTriggerWithoutPushRisesFromZeroWithThePoll() throws Exception {
    sleeping("polled");
    try (Gateway gateway = new Gateway(plane, "polled")) {
      ScaledObject scaled =
          new ScaledObject(home, "polled")
              .trigger(
                  "external",
                  "",
                  scaler(),
                  "pool",
                  "polled",
                  "signal",
                  WAITING,
                  "target",
                  "2",
                  "token",
                  "hunter2")
              .apply();
      home.awaitThat("KEDA asks", () -> plane.calls("GetMetrics") > 0);
      assertThat(plane.streams()).isZero();

      Elapsed told = new Elapsed();
      gateway.holds(5);

      home.awaitThat("one and more are wanted", () -> scaled.replicas() >= 1);
      told.says("demand to a first replica by polls of 2 s");
      scaled.awaitReplicas(3);
      told.says("demand to three replicas by the HPA, which looks every second");
      assertThat(plane.log()).doesNotContain("hunter2");
    }
  }

  @Test
  void theFallbackStandsInForAStaleValueUntilThereIsOneAgain() throws Exception {
    try (LiveEngine engine = new LiveEngine().shows("/metrics", 4, 1)) {
      home.poolOf(engine, "fallback");
      home.unscheduled("fallback", 1);
      ScaledObject scaled =
          waitingOf("fallback").with("fallback: {failureThreshold: 2, replicas: 5}").apply();
      scaled.awaitReplicas(2);

      Elapsed dark = new Elapsed();
      engine.goesDark("/metrics");

      scaled.awaitReplicas(5);
      dark.says("no more readings, stale after 3 s, to the fallback at failureThreshold 2");
      assertThat(scaled.condition("Fallback")).isEqualTo("True");
      Elapsed back = new Elapsed();
      engine.shows("/metrics", 4, 1);
      scaled.awaitReplicas(2);
      back.says("readings again to the end of the fallback");
      home.awaitThat("the fallback is over", () -> scaled.condition("Fallback").equals("False"));
    }
  }

  @Test
  void aTriggerOfAPoolThatIsNotThereLeavesTheOtherItsMetric() throws Exception {
    try (LiveEngine engine = new LiveEngine().shows("/metrics", 4, 1)) {
      home.poolOf(engine, "two");
      home.unscheduled("two", 1);
      ScaledObject scaled =
          waitingOf("two")
              .pushedBy(scaler(), "pool", "never-made", "signal", WAITING, "target", "2")
              .apply();

      scaled.awaitReplicas(2);
      engine.shows("/metrics", 9, 1);
      scaled.awaitReplicas(5);
      assertThat(scaled.hasHpa()).isTrue();
    }
  }

  @Test
  void aPausedObjectIsLeftAloneAndGoesOnAfterwards() throws Exception {
    try (LiveEngine engine = new LiveEngine().shows("/metrics", 4, 1)) {
      home.poolOf(engine, "paused");
      home.unscheduled("paused", 1);
      ScaledObject scaled = waitingOf("paused").apply();
      scaled.awaitReplicas(2);
      home.awaitThat("a stream is open", () -> plane.streams() == 1);

      scaled.annotate("autoscaling.keda.sh/paused", "true");

      home.awaitThat("the stream has gone", () -> plane.streams() == 0);
      home.awaitThat("the HPA has gone", () -> !scaled.hasHpa());
      engine.shows("/metrics", 8, 1);
      home.awaitThat("the plane has seen it", () -> plane.value("paused", WAITING) == 8);
      assertThat(scaled.replicas()).isEqualTo(2);
      scaled.annotate("autoscaling.keda.sh/paused", "");
      home.awaitThat("a stream is open again", () -> plane.streams() == 1);
      scaled.awaitReplicas(4);
    }
  }

  @Test
  void aScaledJobStartsAJobForEachTargetsWorth() throws Exception {
    sleeping("batch");
    try (Gateway gateway = new Gateway(plane, "batch")) {
      gateway.holds(30);
      home.apply(
          """
          apiVersion: keda.sh/v1alpha1
          kind: ScaledJob
          metadata: {name: batch}
          spec:
            pollingInterval: 2
            maxReplicaCount: 10
            jobTargetRef:
              template:
                spec:
                  restartPolicy: Never
                  schedulingGates: [{name: testbed.inferscale.dev/never}]
                  containers: [{name: work, image: work}]
            triggers:
            - type: external
              metadata: {scalerAddress: "%s", pool: batch, signal: %s, target: "10"}
          """
              .formatted(scaler(), WAITING));

      home.awaitThat("three jobs", () -> jobs() == 3);
      // Those that run are taken off what waits: 3 of 3, and none is added at the next polls.
      double asked = plane.calls("GetMetrics");
      home.awaitThat("KEDA has asked thrice more", () -> plane.calls("GetMetrics") >= asked + 3);
      assertThat(jobs()).isEqualTo(3);
    }
  }

  @Test
  void cachedMetricsSpareTheQuestionsOfTheHpa() throws Exception {
    try (LiveEngine engine = new LiveEngine().shows("/metrics", 4, 1)) {
      home.poolOf(engine, "cached");
      home.unscheduled("cached", 1);
      ScaledObject scaled =
          new ScaledObject(home, "cached")
              .with("pollingInterval: 5")
              .trigger(
                  "external-push",
                  "useCachedMetrics: true",
                  scaler(),
                  "pool",
                  "cached",
                  "signal",
                  WAITING,
                  "target",
                  "2")
              .apply();
      scaled.awaitReplicas(2);

      double asked = plane.calls("GetMetrics");
      for (int i = 0; i < 30; i++) {
        assertThat(bed.kubectl("get", "--raw", scaled.path(WAITING))).contains("\"value\":\"4\"");
      }

      assertThat(plane.calls("GetMetrics") - asked)
          .as("polls, one in five seconds, during 30 reads")
          .isLessThan(15);
      engine.shows("/metrics", 8, 1);
      scaled.awaitReplicas(4);
    }
  }

  private String scaler() {
    return "127.0.0.1:" + plane.keda();
  }

  private ScaledObject waitingOf(String pool) {
    return new ScaledObject(home, pool)
        .pushedBy(scaler(), "pool", pool, "signal", WAITING, "target", "2");
  }

  private long jobs() {
    return home.kube().batch().v1().jobs().inNamespace(home.name()).list().getItems().size();
  }

  /// A pool without pods, and a Deployment at zero.
  private void sleeping(String pool) {
    home.unscheduled(pool, 0);
    home.pool(pool);
  }
}
