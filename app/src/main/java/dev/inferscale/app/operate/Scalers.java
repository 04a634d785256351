package dev.inferscale.app.operate;

import com.fasterxml.jackson.databind.JsonNode;
import dev.inferscale.app.hpa.Findings.Scaler;
import dev.inferscale.app.hpa.Hpa.Workload;
import dev.inferscale.app.operate.ClusterAccess.Cluster;
import dev.inferscale.app.operate.ClusterAccess.Reply;
import java.util.ArrayList;
import java.util.List;

/// What else scales workloads of a namespace: KEDA's ScaledObjects.
final class Scalers {
  private Scalers() {}

  /// All of them; none where the cluster has no KEDA, or they may not be read.
  static List<Scaler> of(Cluster cluster, String namespace) throws InterruptedException {
    Reply reply =
        cluster.get(
            "/apis/keda.sh/v1alpha1/namespaces/"
                + HpaSight.encoded(namespace)
                + "/scaledobjects?limit=500");
    List<Scaler> scalers = new ArrayList<>();
    for (JsonNode item : reply.body().path("items")) {
      JsonNode target = item.path("spec").path("scaleTargetRef");
      scalers.add(
          new Scaler(
              "ScaledObject",
              item.path("metadata").path("name").asText(),
              // Both default so (KEDA's ScaledObject).
              new Workload(
                  target.path("apiVersion").asText("apps/v1"),
                  target.path("kind").asText("Deployment"),
                  target.path("name").asText())));
    }
    return scalers;
  }
}
