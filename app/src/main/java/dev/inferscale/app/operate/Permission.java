package dev.inferscale.app.operate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.inferscale.app.operate.ClusterAccess.Cluster;
import dev.inferscale.app.operate.ClusterAccess.Reply;
import dev.inferscale.signals.profile.Signal;
import java.util.List;
import java.util.Map;

/// Whether the HPA controller may read metrics, as the API server's own review says.
final class Permission {
  private static final String CONTROLLER =
      "system:serviceaccount:kube-system:horizontal-pod-autoscaler";

  private Permission() {}

  /// One step for the external metrics of a namespace.
  static Step step(Cluster cluster, String namespace) throws InterruptedException {
    String subject = "rbac/" + namespace;
    Map<String, Object> review =
        Map.of(
            "apiVersion",
            "authorization.k8s.io/v1",
            "kind",
            "SubjectAccessReview",
            "spec",
            Map.of(
                "user",
                CONTROLLER,
                "groups",
                List.of("system:serviceaccounts", "system:authenticated"),
                "resourceAttributes",
                Map.of(
                    "namespace", namespace,
                    "verb", "list",
                    "group", "external.metrics.k8s.io",
                    "version", "v1beta1",
                    "resource", Signal.TOKENS_IN_FLIGHT.wireName())));
    try {
      Reply reply =
          cluster.review(
              "/apis/authorization.k8s.io/v1/subjectaccessreviews",
              new ObjectMapper().writeValueAsString(review));
      if (!reply.good()) {
        return Step.note(subject, "you may not ask what the HPA may: " + reply.fault());
      }
      return reply.body().path("status").path("allowed").asBoolean()
          ? Step.fine(subject, "the HPA controller may read external metrics")
          : Step.wrong(
              subject,
              "the HPA controller may not read external metrics; apply the ClusterRole for it in"
                  + " manifests/base/rbac");
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException("a map of strings is JSON", impossible);
    }
  }
}
