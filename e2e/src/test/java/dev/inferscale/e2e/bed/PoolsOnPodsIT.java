package dev.inferscale.e2e.bed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.fabric8.kubernetes.api.model.Pod;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// Pools of real workers in pods that a ReplicaSet made, the scheduler placed and the pod runner
/// started, measured by a plane that finds them by the API server.
@ExtendWith(BedExtension.class)
final class PoolsOnPodsIT {
  private static final String IN_FLIGHT = "inference_tokens_in_flight";

  @TempDir private Path folder;

  @AfterEach
  void clear(BedNamespace home) {
    home.clear();
  }

  @Test
  void theLoadOfRealWorkersIsTheirPoolsValueAndGoesWithThem(Bed bed, BedNamespace home)
      throws Exception {
    home.node("load");
    home.pool("load");
    try (PlaneOnBed plane = PlaneOnBed.start(bed, home, folder);
        HttpClient http = HttpClient.newHttpClient()) {
      home.awaitThat("no pod, no value", () -> plane.coverage("load").equals("no_targets"));
      home.workers("load", 2);
      home.awaitThat("both workers count", () -> plane.coverage("load").equals("2/2"));
      assertThat(plane.value("load", IN_FLIGHT)).isZero();

      Pod busy = home.oneReady("load");
      for (int i = 0; i < 3; i++) {
        home.ask(http, busy);
      }
      home.awaitThat("tokens are in flight", () -> plane.value("load", IN_FLIGHT) > 0);
      home.awaitThat(
          "three requests run", () -> plane.value("load", "inference_requests_running") == 3);

      home.scale("load", 0);
      home.awaitThat("none is wanted or left", () -> plane.coverage("load").equals("0/0"));
      assertThat(plane.value("load", IN_FLIGHT)).isZero();
    }
  }

  @Test
  void aPodCountsFromReadyUntilItIsEvictedOrDeleted(Bed bed, BedNamespace home) throws Exception {
    home.node("life");
    home.pool("life");
    home.workers("life", 2);
    try (PlaneOnBed plane = PlaneOnBed.start(bed, home, folder)) {
      home.awaitThat("both count", () -> plane.coverage("life").equals("2/2"));

      // One that never becomes ready is never a missing target.
      home.scale("life", 3);
      Awaitility.await("coverage stays whole while the third starts")
          .during(Duration.ofSeconds(2))
          .atMost(Duration.ofSeconds(60))
          .until(() -> plane.coverage("life"), seen -> seen.equals("2/2") || seen.equals("3/3"));
      home.awaitThat("the third counts", () -> plane.coverage("life").equals("3/3"));

      String evicted = home.oneReady("life").getMetadata().getName();
      home.kube().pods().inNamespace(home.name()).withName(evicted).evict();
      home.awaitThat("it is replaced", () -> !home.names("life").contains(evicted));
      home.awaitThat("three count again", () -> plane.coverage("life").equals("3/3"));

      home.scale("life", 1);
      home.awaitThat("one is left", () -> plane.coverage("life").equals("1/1"));
    }
  }

  @Test
  void aLostNodesPodsAgeOutAndTheRestGoesOn(Bed bed, BedNamespace home) throws Exception {
    String lost = home.node("lost");
    home.pool("node");
    home.workers("node", 1);
    home.awaitThat("the first runs", () -> home.ready("node").size() == 1);
    home.cordon(lost);
    home.node("good");
    home.scale("node", 2);
    try (PlaneOnBed plane = PlaneOnBed.start(bed, home, folder)) {
      home.awaitThat("both count", () -> plane.coverage("node").equals("2/2"));

      home.lose(lost, "freeze");
      home.awaitThat("one of two is silent", () -> plane.coverage("node").equals("1/2"));
      assertThat(plane.signal("node", "inference_requests_running").path("quality").asText())
          .isEqualTo("partial");
      Awaitility.await("its pod is evicted and replaced")
          .atMost(Duration.ofMinutes(2))
          .until(() -> plane.coverage("node").equals("2/2"));
    } finally {
      home.bringBack(lost);
    }
  }

  @Test
  void twoPlanesThatShareNothingGiveTheSameValues(Bed bed, BedNamespace home) throws Exception {
    home.node("twins");
    home.pool("twins");
    home.workers("twins", 2);
    try (PlaneOnBed one = PlaneOnBed.start(bed, home, folder);
        PlaneOnBed other = PlaneOnBed.start(bed, home, folder);
        HttpClient http = HttpClient.newHttpClient()) {
      home.awaitThat("one sees both", () -> one.coverage("twins").equals("2/2"));
      home.awaitThat("the other does", () -> other.coverage("twins").equals("2/2"));
      home.ready("twins").forEach(pod -> home.ask(http, pod));

      String rate = "inference_generation_tokens_per_second";
      home.awaitThat("tokens flow at both", () -> one.value("twins", rate) > 0);
      for (String signal : List.of(rate, IN_FLIGHT)) {
        Awaitility.await(signal + " differs by less than the HPA's tolerance, 10 %")
            .atMost(Duration.ofSeconds(60))
            .untilAsserted(() -> {
              double mine = one.value("twins", signal);
              assertThat(other.value("twins", signal)).isCloseTo(mine, within(0.1 * mine));
            });
      }
    }
  }
}
