package dev.inferscale.e2e.bed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.e2e.Started;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
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

  /// Up at once and down after a moment, so that a test need not wait.
  private static final String QUICK =
      "scaleUp: {stabilizationWindowSeconds: 0, policies: [{type: Pods, value: 100, periodSeconds: 1}]}\n"
          + "    scaleDown: {stabilizationWindowSeconds: 2, policies: [{type: Percent, value: 100, periodSeconds: 1}]}";

  private static final double TOLERANCE = 0.1;

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
    home.kube().autoscaling().v2().horizontalPodAutoscalers().inNamespace(home.name()).delete();
    home.clear();
  }

  @Test
  void itGrowsWithTheLoadAsTheArithmeticSaysTheWaitFallsAndIdleItIsOneAgain() throws Exception {
    serve("grow", 1);
    double waited;
    try (Callers _ = new Callers(home, "grow").more(8)) {
      home.awaitThat("requests queue", () -> adapter.plane().value("grow", WAIT) > 5);
      waited = adapter.plane().value("grow", WAIT);
      home.hpa("grow", 1, 3, QUICK, metric("grow", TOKENS, 400) + metric("grow", WAIT, 3));

      // The status of the very period in which it grew, from one worker.
      HorizontalPodAutoscalerStatus grew =
          Awaitility.await("it grows")
              .pollInterval(Duration.ofMillis(50))
              .atMost(Started.LIMIT)
              .ignoreExceptions()
              .until(() -> status("grow"), seen -> seen.getDesiredReplicas() > 1);
      assertThat(grew.getCurrentReplicas()).isEqualTo(1);
      assertThat(grew.getDesiredReplicas()).isEqualTo(computed(grew, 1));

      double before = waited;
      home.awaitThat(
          "the wait falls with the new workers",
          () -> adapter.plane().value("grow", WAIT) < before / 2);
      Awaitility.await("it settles where both metrics want it")
          .during(Duration.ofSeconds(3))
          .atMost(Started.LIMIT)
          .ignoreExceptions()
          .until(() -> settled("grow"));
    }

    home.awaitThat("one is left", () -> replicas("grow") == 1);
    home.awaitThat(
        "and is idle",
        () -> adapter.plane().signal("grow", WAIT).path("quality").asText().equals("idle"));
    assertThat(adapter.plane().value("grow", WAIT)).isZero();
    assertThat(replicas("grow")).isEqualTo(1);
  }

  @Test
  void aHungWorkerOfThreeStopsNoGrowthAndAllHungStopEverythingUntilTheyGoOn() throws Exception {
    serve("hung", 3);
    try (Callers callers = new Callers(home, "hung").more(6)) {
      home.awaitThat("it is loaded", () -> adapter.plane().value("hung", TOKENS) > 400);
      home.hpa("hung", 1, 4, QUICK, metric("hung", TOKENS, 200));
      awaitActive("hung");
      assertThat(replicas("hung")).isEqualTo(3);

      try (WatchedMetric watched = new WatchedMetric(home, TOKENS, "hung")) {
        signal("STOP", home.ready("hung").subList(0, 1));
        home.awaitThat(
            "one of three is silent",
            () ->
                adapter.plane().signal("hung", TOKENS).path("quality").asText().equals("partial"));
        callers.more(6);
        home.awaitThat("it grows all the same", () -> replicas("hung") == 4);
        home.awaitThat("the new one serves", () -> adapter.plane().coverage("hung").equals("3/4"));

        signal("STOP", pods("hung"));
        awaitOurSentence("hung");
        assertThat(replicas("hung")).isEqualTo(4);
        signal("CONT", pods("hung"));
        awaitActive("hung");
        home.awaitThat("all count", () -> adapter.plane().coverage("hung").equals("4/4"));

        assertThat(watched.numbers()).isNotEmpty().allMatch(number -> number > 0);
        assertThat(watched.refusals()).isNotEmpty();
      }
      assertThat(replicas("hung")).isEqualTo(4);
    } finally {
      signal("CONT", pods("hung"));
    }
  }

  @Test
  void killedWorkersKeepTheirReplicasUntilTheyAreBack() throws Exception {
    serve("dead", 2);
    try (Callers _ = new Callers(home, "dead").more(4)) {
      home.awaitThat("it is loaded", () -> adapter.plane().value("dead", TOKENS) > 250);
      home.hpa("dead", 1, 3, QUICK, metric("dead", TOKENS, 200));
      awaitActive("dead");
      assertThat(replicas("dead")).isEqualTo(2);

      bed.killPodRunner();
      try (WatchedMetric watched = new WatchedMetric(home, TOKENS, "dead")) {
        awaitOurSentence("dead");
        assertThat(replicas("dead")).isEqualTo(2);
        assertThat(watched.numbers()).allMatch(number -> number > 0);
      } finally {
        bed.startPodRunner();
      }
      awaitActive("dead");
      home.awaitThat("the load is back", () -> adapter.plane().value("dead", TOKENS) > 250);
      home.awaitThat("so are the workers", () -> replicas("dead") == 2);
    }
  }

  /// Workers on a node of their own, and their pool, which is read each second.
  private void serve(String app, int replicas) {
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
  }

  private static String metric(String pool, String name, int target) {
    String key = name.equals(TOKENS) ? "AverageValue, averageValue" : "Value, value";
    return """
      - type: External
        external:
          metric: {name: %s, selector: {matchLabels: {pool: %s}}}
          target: {type: %s: %d}
    """
        .formatted(name, pool, key, target);
  }

  /// True where the HPA has what it wants, that is what the arithmetic says of the numbers that it
  /// reports, and no limit of its own is the reason.
  private boolean settled(String app) {
    HorizontalPodAutoscalerStatus status = status(app);
    int wanted = status.getDesiredReplicas();
    Deployment deployment = deployment(app);
    return wanted > 1
        && wanted == status.getCurrentReplicas()
        && wanted == deployment.getStatus().getReplicas()
        && wanted == home.ready(app).size()
        && wanted == computed(status, wanted)
        && condition(app, "ScalingLimited").startsWith("False DesiredWithinRange");
  }

  /// What the HPA's documented algorithm makes of the numbers that it reports: of an average over
  /// the replicas, of a value over the ready pods, the larger wish, within the limits.
  ///
  /// @param ready pods that are
  private int computed(HorizontalPodAutoscalerStatus status, int ready) {
    int replicas = status.getCurrentReplicas();
    double average = amount(reported(status, TOKENS).getAverageValue());
    double value = amount(reported(status, WAIT).getValue());
    int byAverage = wish(average / 400, replicas, replicas);
    int byValue = wish(value / 3, replicas, ready);
    return Math.clamp(Math.max(byAverage, byValue), 1, 3);
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

  private void awaitActive(String app) {
    home.awaitThat(
        "the HPA has a number",
        () -> condition(app, "ScalingActive").startsWith("True ValidMetricFound"));
  }

  private void awaitOurSentence(String app) {
    String reason = "False FailedGetExternalMetric";
    home.awaitThat(
        "the HPA says which pool gives no number",
        () ->
            condition(app, "ScalingActive").startsWith(reason)
                && condition(app, "ScalingActive").contains("pool " + home.name() + "/" + app));
  }

  private int replicas(String app) {
    return deployment(app).getSpec().getReplicas();
  }

  private Deployment deployment(String app) {
    return home.kube().apps().deployments().inNamespace(home.name()).withName(app).get();
  }

  private HorizontalPodAutoscalerStatus status(String app) {
    HorizontalPodAutoscaler hpa =
        home.kube()
            .autoscaling()
            .v2()
            .horizontalPodAutoscalers()
            .inNamespace(home.name())
            .withName(app)
            .get();
    return hpa.getStatus();
  }

  /// `STATUS REASON: MESSAGE` of one condition, empty where it is not there yet.
  private String condition(String app, String type) {
    return status(app).getConditions().stream()
        .filter(each -> each.getType().equals(type))
        .map(each -> each.getStatus() + " " + each.getReason() + ": " + each.getMessage())
        .findFirst()
        .orElse("");
  }

  private List<Pod> pods(String app) {
    return home.kube().pods().inNamespace(home.name()).withLabel("app", app).list().getItems();
  }

  /// Sends a signal such as `STOP` to the workers of these pods.
  private static void signal(String name, List<Pod> pods) throws Exception {
    for (Pod pod : pods) {
      String address = "--host " + pod.getStatus().getPodIP() + " ";
      List<ProcessHandle> workers =
          ProcessHandle.allProcesses()
              .filter(each -> each.info().command().orElse("").endsWith("/java"))
              .filter(each -> each.info().commandLine().orElse("").contains(address))
              .toList();
      assertThat(workers).as("the worker of %s", address).hasSize(1);
      Process kill =
          new ProcessBuilder("kill", "-" + name, String.valueOf(workers.getFirst().pid())).start();
      assertThat(kill.waitFor()).isZero();
    }
  }
}
