package dev.inferscale.e2e.bed;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/// An external metric of a pool, read through the API server five times a second from the beginning
/// to the end, as an HPA with a short period would.
final class WatchedMetric implements AutoCloseable {
  private static final long PERIOD_MS = 200;

  private final KubernetesClient kube;
  private final String path;
  private final List<Double> numbers = new CopyOnWriteArrayList<>();
  private final List<String> refusals = new CopyOnWriteArrayList<>();
  private final ScheduledExecutorService reader = Executors.newSingleThreadScheduledExecutor();

  WatchedMetric(BedNamespace home, String metric, String pool) {
    // Without tries of its own, which would hide refusals and delay what comes after them.
    this.kube =
        new KubernetesClientBuilder()
            .withConfig(
                new ConfigBuilder(home.kube().getConfiguration())
                    .withRequestRetryBackoffLimit(0)
                    .build())
            .build();
    this.path =
        "/apis/external.metrics.k8s.io/v1beta1/namespaces/%s/%s?labelSelector=pool%%3D%s"
            .formatted(home.name(), metric, pool);
    var _ = reader.scheduleWithFixedDelay(this::read, 0, PERIOD_MS, TimeUnit.MILLISECONDS);
  }

  private void read() {
    try {
      JsonNode list = new ObjectMapper().readTree(kube.raw(path));
      numbers.add(
          Quantity.parse(list.path("items").path(0).path("value").asText())
              .getNumericalAmount()
              .doubleValue());
    } catch (KubernetesClientException e) {
      refusals.add(String.valueOf(e.getMessage()));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /// All numbers so far.
  List<Double> numbers() {
    return List.copyOf(numbers);
  }

  /// What it was told instead of a number, so far.
  List<String> refusals() {
    return List.copyOf(refusals);
  }

  @Override
  public void close() {
    reader.close();
    kube.close();
  }
}
