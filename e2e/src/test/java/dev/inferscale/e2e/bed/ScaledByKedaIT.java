package dev.inferscale.e2e.bed;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// The real KEDA asks a plane, and scales real workers by what it says.
@ExtendWith(BedExtension.class)
final class ScaledByKedaIT {
  @TempDir private static Path folder;

  private static KedaOnBed keda;
  private static PlaneOnBed plane;

  private final Bed bed;
  private final BedNamespace home;

  ScaledByKedaIT(Bed bed, BedNamespace home) {
    this.bed = bed;
    this.home = home;
  }

  @BeforeAll
  static void start(Bed bed, BedNamespace home) throws IOException {
    plane =
        PlaneOnBed.start(
            bed, home, folder, "--keda.port", "0", "--keda.health-port", "0", "--keda.grace", "2s");
    keda = KedaOnBed.start(bed, folder);
  }

  @AfterAll
  static void stop() {
    if (keda != null) {
      keda.close();
    }
    if (plane != null) {
      plane.close();
    }
  }

  @AfterEach
  void clear() {
    // While KEDA runs: its finalizer would hold the namespace back.
    bed.kubectl("delete", "scaledobjects", "--all", "--namespace", home.name());
    home.clear();
  }

  @Test
  void aPoolRisesFromZeroByWhatItsFrontTellsGrowsWithItsLoadAndGoesBackToZero() throws Exception {
    home.node("a");
    home.workers("chat", 0);
    home.pool("chat");
    try (Gateway gateway = new Gateway("chat")) {
      scaledObject("chat", "inference_requests_in_flight", "2");
      home.awaitThat("KEDA asks", () -> plane.text("metrics").contains("rpc=\"StreamIsActive\""));
      assertThat(replicas("chat")).isZero();

      gateway.holds(5);

      home.awaitThat("one and more are wanted", () -> replicas("chat") >= 1);
      home.awaitThat("as many as the front asks for", () -> replicas("chat") == 3);
      home.awaitThat("they serve", () -> home.ready("chat").size() == 3);
      try (Callers _ = new Callers(home, "chat").more(4)) {
        gateway.holds(0);
        home.awaitThat(
            "their own load counts",
            () -> plane.value("chat", "inference_requests_in_flight") == 4);
        home.awaitThat("two carry it", () -> replicas("chat") == 2);
      }
      home.awaitThat("none is left", () -> replicas("chat") == 0);
    }
  }

  private int replicas(String deployment) {
    Deployment now =
        home.kube().apps().deployments().inNamespace(home.name()).withName(deployment).get();
    return now.getSpec().getReplicas();
  }

  private void scaledObject(String pool, String signal, String target) {
    home.apply(
        """
        apiVersion: keda.sh/v1alpha1
        kind: ScaledObject
        metadata: {name: %1$s}
        spec:
          scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: %1$s}
          minReplicaCount: 0
          maxReplicaCount: 3
          pollingInterval: 2
          cooldownPeriod: 5
          advanced:
            horizontalPodAutoscalerConfig:
              behavior:
                %2$s
          triggers:
          - type: external-push
            metricType: AverageValue
            metadata:
              scalerAddress: "127.0.0.1:%3$d"
              pool: %1$s
              signal: %4$s
              target: "%5$s"
        """
            .formatted(
                pool,
                ScaledDeployment.QUICK.replace("\n    ", "\n        "),
                plane.keda(),
                signal,
                target));
  }

  /// Tells the plane once a second how many requests it holds back.
  private static final class Gateway implements AutoCloseable {
    private final HttpClient http = HttpClient.newHttpClient();
    private final AtomicInteger holding = new AtomicInteger();
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private final String pool;

    Gateway(String pool) {
      this.pool = pool;
      var _ = timer.scheduleAtFixedRate(this::tell, 0, 1, TimeUnit.SECONDS);
    }

    void holds(int requests) {
      holding.set(requests);
      timer.execute(this::tell);
    }

    private void tell() {
      String body =
          "{\"namespace\": \"%s\", \"pool\": \"%s\", \"waiting_requests\": %d}"
              .formatted(plane.namespace(), pool, holding.get());
      URI demand = plane.observation().resolve("api/v1/demand");
      try {
        HttpResponse<String> told =
            http.send(
                HttpRequest.newBuilder(demand)
                    .POST(HttpRequest.BodyPublishers.ofString(body))
                    .build(),
                BodyHandlers.ofString());
        // Before the pool is known it is told in vain.
        assertThat(told.statusCode()).as(told.body()).isIn(200, 404);
      } catch (IOException e) {
        throw new IllegalStateException(e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    @Override
    public void close() {
      timer.shutdownNow();
      http.close();
    }
  }
}
