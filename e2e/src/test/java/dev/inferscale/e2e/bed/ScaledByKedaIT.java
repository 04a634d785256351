package dev.inferscale.e2e.bed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.e2e.SourceTree;
import dev.inferscale.e2e.Started;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// The real KEDA asks a plane, and scales real workers by what it says.
@ExtendWith({BedExtension.class, KedaExtension.class})
final class ScaledByKedaIT {
  private static final String IN_FLIGHT = "inference_requests_in_flight";

  @TempDir private static Path folder;

  private final Bed bed;
  private final BedNamespace home;
  private final PlaneOnBed plane;

  ScaledByKedaIT(Bed bed, BedNamespace home, PlaneOnBed plane) {
    this.bed = bed;
    this.home = home;
    this.plane = plane;
  }

  @AfterEach
  void clear() {
    ScaledObject.clear(bed, home);
    home.clear();
  }

  @Test
  void aPoolRisesFromZeroByWhatItsFrontTellsGrowsWithItsLoadAndGoesBackToZero() throws Exception {
    home.node("a");
    home.workers("chat", 0);
    home.pool("chat");
    ScaledObject scaled = object("chat").with("maxReplicaCount: 3").apply();
    home.awaitThat("a stream is open", () -> plane.streams() == 1);
    double asked = plane.calls("GetMetrics");
    home.awaitThat("KEDA has polled thrice more", () -> plane.calls("GetMetrics") >= asked + 3);
    assertThat(plane.streams()).as("open although nobody has told of demand").isOne();
    assertThat(scaled.replicas()).isZero();
    try (Gateway gateway = new Gateway(plane, "chat")) {
      Elapsed told = new Elapsed();
      gateway.holds(5);

      home.awaitThat("one and more are wanted", () -> scaled.replicas() >= 1);
      told.says("demand to a first replica by push");
      scaled.awaitReplicas(3);
      home.awaitThat("they serve", () -> home.ready("chat").size() == 3);
      try (Callers _ = new Callers(home, "chat").more(4)) {
        gateway.holds(0);
        home.awaitThat("their own load counts", () -> plane.value("chat", IN_FLIGHT) == 4);
        scaled.awaitReplicas(2);
      }
      Elapsed idle = new Elapsed();
      scaled.awaitReplicas(0);
      idle.says("no load to no replica, grace 2 s, cooldownPeriod 5 s, pollingInterval 2 s");
    }
  }

  @Test
  void aModelThatLoadsLongerThanTheCooldownIsNotTakenAway() throws Exception {
    home.node("a");
    Path loaded = folder.resolve("loaded");
    loadsUntil("slow", loaded);
    home.pool("slow");
    try (Gateway gateway = new Gateway(plane, "slow")) {
      ScaledObject scaled = object("slow").apply();
      home.awaitThat("a stream is open", () -> plane.streams() == 1);
      gateway.holds(1);
      scaled.awaitReplicas(1);

      // Whoever asked first has gone; the pod that was wanted for it still loads.
      gateway.holds(0);
      Awaitility.await("it stays for several cooldowns and many polls")
          .during(Duration.ofSeconds(20))
          .atMost(Started.LIMIT)
          .until(() -> scaled.replicas() == 1);
      assertThat(home.ready("slow")).isEmpty();
      Files.createFile(loaded);

      home.awaitThat("it serves", () -> home.ready("slow").size() == 1);
      scaled.awaitReplicas(0);
    }
  }

  private ScaledObject object(String pool) {
    return new ScaledObject(home, pool)
        .pushedBy("127.0.0.1:" + plane.keda(), "pool", pool, "signal", IN_FLIGHT, "target", "2");
  }

  /// A Deployment, with no replica yet, whose workers refuse connections until there is that file.
  private void loadsUntil(String app, Path file) {
    home.apply(
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: %1$s}
        spec:
          replicas: 0
          selector: {matchLabels: {app: %1$s}}
          template:
            metadata: {labels: {app: %1$s}}
            spec:
              nodeSelector: {testbed.inferscale.dev/namespace: %2$s}
              terminationGracePeriodSeconds: 10
              containers:
              - name: worker
                image: testbed/process
                command: [sh, -c]
                args:
                - >-
                  until [ -e %3$s ]; do sleep 0.2; done;
                  exec %4$s worker --host $(POD_IP) --port 8000 --backend paced --allow-paced
                env:
                - {name: INFERSCALE_BUILT, value: "1"}
                - {name: JAVA_HOME, value: "%5$s"}
                ports: [{containerPort: 8000}]
                readinessProbe: {httpGet: {path: /readyz, port: 8000}, periodSeconds: 1}
        """
            .formatted(
                app,
                home.name(),
                file,
                SourceTree.root().resolve("inferscale"),
                System.getProperty("java.home")));
  }
}
