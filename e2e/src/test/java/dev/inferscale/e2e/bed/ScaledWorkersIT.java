package dev.inferscale.e2e.bed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.e2e.Started;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscalerStatus;
import io.fabric8.kubernetes.api.model.autoscaling.v2.MetricValueStatus;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// The loop closed: real workers under a real load, measured by a plane, scaled by the real HPA,
/// and what becomes of it when the workers fall silent.
///
/// Each worker runs two requests at a time, each for two seconds; what comes beyond that waits.
@ExtendWith(BedExtension.class)
final class ScaledWorkersIT {
  private static final String TOKENS = "inference_tokens_in_flight";
  private static final String WAIT = "inference_queue_wait_seconds";

  private static final double TOLERANCE = 0.1;

  private static final int TOKENS_EACH = 400;
  private static final int WAIT_AT_MOST = 3;

  @TempDir private static Path folder;

  private static RegisteredAdapter adapter;

  private final Bed bed;
  private final BedNamespace home;

  ScaledWorkersIT(Bed bed, BedNamespace home) {
    this.bed = bed;
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

  @AfterEach
  void clear() {
    ScaledDeployment.clear(home);
    home.clear();
  }

  @Test
  void itGrowsWithTheLoadAsTheArithmeticSaysTheWaitFallsAndIdleItIsOneAgain() throws Exception {
    ScaledDeployment scaled = serve("grow", 1);
    try (Callers _ = new Callers(home, "grow").more(8)) {
      home.awaitThat("requests queue", () -> adapter.plane().value("grow", WAIT) > 5);
      double waited = adapter.plane().value("grow", WAIT);
      scaled.between(
          1,
          3,
          ScaledDeployment.external(TOKENS, "grow", "averageValue: " + TOKENS_EACH),
          ScaledDeployment.external(WAIT, "grow", "value: " + WAIT_AT_MOST));

      // The status of the very period in which it grew, from one worker.
      HorizontalPodAutoscalerStatus grew =
          Awaitility.await("it grows")
              .pollInterval(Duration.ofMillis(50))
              .atMost(Started.LIMIT)
              .ignoreExceptions()
              .until(scaled::status, seen -> seen.getDesiredReplicas() > 1);
      assertThat(grew.getCurrentReplicas()).isEqualTo(1);
      assertThat(grew.getDesiredReplicas()).isEqualTo(computed(grew, 1));
      assertThat(byValue(grew, 1)).as("the wait alone asks for more").isGreaterThan(1);

      home.awaitThat(
          "the wait falls with the new workers",
          () -> adapter.plane().value("grow", WAIT) < waited / 2);
      Awaitility.await("it settles where both metrics want it")
          .during(Duration.ofSeconds(3))
          .atMost(Started.LIMIT)
          .ignoreExceptions()
          .until(() -> settled(scaled, "grow"));
    }

    home.awaitThat("one is left", () -> scaled.replicas() == 1);
    home.awaitThat(
        "and is idle",
        () -> adapter.plane().signal("grow", WAIT).path("quality").asText().equals("idle"));
    assertThat(adapter.plane().value("grow", WAIT)).isZero();
    assertThat(scaled.replicas()).isEqualTo(1);
  }

  @Test
  void aHungWorkerOfThreeStopsNoGrowthAndAllHungStopEverythingUntilTheyGoOn() throws Exception {
    ScaledDeployment scaled = serve("hung", 3);
    try (Callers callers = new Callers(home, "hung").more(6)) {
      home.awaitThat("it is loaded", () -> adapter.plane().value("hung", TOKENS) > 400);
      scaled.between(1, 4, ScaledDeployment.external(TOKENS, "hung", "averageValue: 200"));
      scaled.awaitActive();
      assertThat(scaled.replicas()).isEqualTo(3);

      try (WatchedMetric watched = new WatchedMetric(home, TOKENS, "hung")) {
        signal("STOP", home.ready("hung").subList(0, 1));
        home.awaitThat(
            "one of three is silent",
            () ->
                adapter.plane().signal("hung", TOKENS).path("quality").asText().equals("partial"));
        callers.more(6);
        home.awaitThat("it grows all the same", () -> scaled.replicas() == 4);
        home.awaitThat("the new one serves", () -> adapter.plane().coverage("hung").equals("3/4"));

        String grew = scaled.status().getLastScaleTime();
        signal("STOP", pods("hung"));
        scaled.awaitNoNumberOf("hung");
        assertThat(scaled.status().getLastScaleTime()).isEqualTo(grew);
        signal("CONT", pods("hung"));
        awaitRecovery(scaled, "hung");
        home.awaitThat("all count", () -> adapter.plane().coverage("hung").equals("4/4"));

        assertThat(watched.numbers()).isNotEmpty().allMatch(number -> number > 0);
        assertThat(watched.refusals())
            .isNotEmpty()
            .allMatch(refusal -> refusal.contains("pool " + home.name() + "/hung"));
      }
      assertThat(scaled.replicas()).isEqualTo(4);
    } finally {
      signal("CONT", pods("hung"));
    }
  }

  @Test
  void killedWorkersKeepTheirReplicasUntilTheyAreBack() throws Exception {
    ScaledDeployment scaled = serve("dead", 2);
    try (Callers _ = new Callers(home, "dead").more(4)) {
      home.awaitThat("it is loaded", () -> adapter.plane().value("dead", TOKENS) > 250);
      scaled.between(1, 3, ScaledDeployment.external(TOKENS, "dead", "averageValue: 200"));
      scaled.awaitActive();
      assertThat(scaled.replicas()).isEqualTo(2);
      String before = scaled.status().getLastScaleTime();

      bed.killPodRunner();
      try (WatchedMetric watched = new WatchedMetric(home, TOKENS, "dead")) {
        scaled.awaitNoNumberOf("dead");
        assertThat(scaled.replicas()).isEqualTo(2);
        assertThat(scaled.status().getLastScaleTime()).isEqualTo(before);
        assertThat(watched.numbers()).allMatch(number -> number > 0);
      } finally {
        bed.startPodRunner();
      }
      awaitRecovery(scaled, "dead");
      home.awaitThat("the load is back", () -> adapter.plane().value("dead", TOKENS) > 250);
      home.awaitThat("so are the workers", () -> scaled.replicas() == 2);
    }
  }

  /// Waits until there is a number again and the HPA has it; tells how long it took the HPA, whose
  /// period is a second here.
  private void awaitRecovery(ScaledDeployment scaled, String app) {
    home.awaitThat(
        "there is a number again", () -> !Double.isNaN(adapter.plane().value(app, TOKENS)));
    long served = System.nanoTime();
    scaled.awaitActive();
    System.out.printf(
        "the HPA had the number of %s %d ms after it was there%n",
        app, (System.nanoTime() - served) / 1_000_000);
  }

  /// Workers on a node of their own, and their pool, which is read each second.
  private ScaledDeployment serve(String app, int replicas) {
    home.node(app);
    home.workers(app, replicas, "--max-running", "2", "--paced.step", "100ms");
    home.apply(
        """
        apiVersion: inferscale.dev/v1alpha1
        kind: ModelPool
        metadata: {name: %1$s}
        spec:
          model: tiny
          source: {pods: {selector: {matchLabels: {app: %1$s}}, ports: [8000]}}
          interval: 1s
          windows: {rates: 5s, latencies: 10s}
          missing: {staleAfter: 3s}
          scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: %1$s}
        """
            .formatted(app));
    home.awaitThat("all workers are ready", () -> home.ready(app).size() == replicas);
    home.awaitThat(
        "all count", () -> adapter.plane().coverage(app).equals(replicas + "/" + replicas));
    return new ScaledDeployment(home, app);
  }

  /// True where the HPA has what it wants, that is what the arithmetic says of the numbers that it
  /// reports, and no limit of its own is the reason.
  private boolean settled(ScaledDeployment scaled, String app) {
    HorizontalPodAutoscalerStatus status = scaled.status();
    int wanted = status.getDesiredReplicas();
    return wanted > 1
        && wanted == status.getCurrentReplicas()
        && wanted == scaled.deployment().getStatus().getReplicas()
        && wanted == home.ready(app).size()
        && wanted == computed(status, wanted)
        && scaled.condition("ScalingLimited").startsWith("False DesiredWithinRange");
  }

  /// What the HPA's documented algorithm makes of the numbers that it reports: of an average over
  /// the replicas, of a value over the ready pods, the larger wish, within the limits.
  ///
  /// @param ready pods that are
  private static int computed(HorizontalPodAutoscalerStatus status, int ready) {
    return Math.clamp(Math.max(byAverage(status), byValue(status, ready)), 1, 3);
  }

  private static int byAverage(HorizontalPodAutoscalerStatus status) {
    int replicas = status.getCurrentReplicas();
    double average = amount(reported(status, TOKENS).getAverageValue());
    return wish(average / TOKENS_EACH, replicas, replicas);
  }

  private static int byValue(HorizontalPodAutoscalerStatus status, int ready) {
    double value = amount(reported(status, WAIT).getValue());
    return wish(value / WAIT_AT_MOST, status.getCurrentReplicas(), ready);
  }

  private static int wish(double ratio, int replicas, int multiplied) {
    boolean near = Math.abs(ratio - 1) <= TOLERANCE;
    return near ? replicas : (int) Math.ceil(ratio * multiplied);
  }

  private static MetricValueStatus reported(HorizontalPodAutoscalerStatus status, String metric) {
    return status.getCurrentMetrics().stream()
        .filter(each -> each.getExternal().getMetric().getName().equals(metric))
        .findFirst()
        .orElseThrow()
        .getExternal()
        .getCurrent();
  }

  private static double amount(Quantity quantity) {
    return quantity.getNumericalAmount().doubleValue();
  }

  private List<Pod> pods(String app) {
    return home.kube().pods().inNamespace(home.name()).withLabel("app", app).list().getItems();
  }

  /// Sends a signal such as `STOP` to the workers of these pods, as far as they run.
  private static void signal(String name, List<Pod> pods) throws Exception {
    for (Pod pod : pods) {
      String address = "--host " + pod.getStatus().getPodIP() + " ";
      List<ProcessHandle> workers =
          ProcessHandle.allProcesses()
              .filter(each -> each.info().command().orElse("").endsWith("/java"))
              .filter(each -> each.info().commandLine().orElse("").contains(address))
              .toList();
      for (ProcessHandle worker : workers) {
        Process kill = new ProcessBuilder("kill", "-" + name, String.valueOf(worker.pid())).start();
        assertThat(kill.waitFor()).isZero();
      }
    }
  }
}
