package dev.inferscale.app.operate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.inferscale.app.operate.ClusterAccess.Cluster;
import dev.inferscale.app.operate.ClusterAccess.Reply;
import dev.inferscale.signals.profile.Signal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Whether the HPA controller may read metrics, as the API server's own review says.
final class Permission {
  private static final String CONTROLLER =
      "system:serviceaccount:kube-system:horizontal-pod-autoscaler";

  private static final String REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
  private static final String METRIC = Signal.TOKENS_IN_FLIGHT.wireName();

  /// What the controller asks for, as kube-apiserver reads its requests: an external metric is
  /// listed, a custom one is a subresource of all pods.
  private static final Map<String, Map<String, String>> READS =
      Map.of(
          "external",
          Map.of(
              "verb", "list",
              "group", "external.metrics.k8s.io",
              "version", "v1beta1",
              "resource", METRIC),
          "custom",
          Map.of(
              "verb", "get",
              "group", "custom.metrics.k8s.io",
              "version", "v1beta2",
              "resource", "pods",
              "subresource", METRIC,
              "name", "*"));

  private Permission() {}

  /// One step for the external and the custom metrics of a namespace.
  static Step step(Cluster cluster, String namespace) throws InterruptedException {
    String subject = "rbac/" + namespace;
    List<String> refused = new ArrayList<>();
    for (String kind : List.of("external", "custom")) {
      Reply reply = cluster.review(REVIEWS, review(namespace, READS.getOrDefault(kind, Map.of())));
      if (!reply.good()) {
        return Step.note(subject, "you may not ask what the HPA may: " + reply.fault());
      }
      if (!reply.body().path("status").path("allowed").asBoolean()) {
        refused.add(kind);
      }
    }
    return refused.isEmpty()
        ? Step.fine(subject, "the HPA controller may read external and custom metrics")
        : Step.wrong(
            subject,
            "the HPA controller may not read "
                + String.join(" and ", refused)
                + " metrics; apply the ClusterRole for it in manifests/base/rbac");
  }

  private static String review(String namespace, Map<String, String> read) {
    Map<String, String> attributes = new HashMap<>(read);
    attributes.put("namespace", namespace);
    try {
      return new ObjectMapper()
          .writeValueAsString(
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
                      attributes)));
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException("a map of strings is JSON", impossible);
    }
  }
}
