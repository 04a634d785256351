package dev.inferscale.app.quickstart;

import dev.inferscale.signals.pool.PoolId;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The reads that quickstart shows to people and tries itself.
record Reads(URI observation, URI adapter, PoolId id) {

  /// The command lines to type in another terminal.
  List<String> commands() {
    return List.of(
        "curl " + pools(),
        "curl " + observation.resolve("/api/v1/pools/" + id + "/signals/inference_ttft_seconds"),
        "curl -k \"" + tokensInFlight() + "\"");
  }

  private URI pools() {
    return observation.resolve("/api/v1/pools");
  }

  private URI tokensInFlight() {
    return adapter.resolve(
        "/apis/external.metrics.k8s.io/v1beta1/namespaces/"
            + id.namespace()
            + "/inference_tokens_in_flight?labelSelector=pool%3D"
            + id.name());
  }

  /// Tries the observation API and the external metrics API.
  ///
  /// @return the status of each, 0 where nothing answered
  Map<String, Integer> tryBoth() throws InterruptedException {
    Map<String, Integer> statuses = new LinkedHashMap<>();
    try (HttpClient http = LoopbackHttp.trustingAnyCertificate()) {
      statuses.put("observation", status(http, pools()));
      statuses.put("externalMetrics", status(http, tokensInFlight()));
    }
    return statuses;
  }

  private static int status(HttpClient http, URI uri) throws InterruptedException {
    try {
      HttpRequest request = HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(5)).build();
      return http.send(request, BodyHandlers.discarding()).statusCode();
    } catch (IOException _) {
      return 0;
    }
  }
}
