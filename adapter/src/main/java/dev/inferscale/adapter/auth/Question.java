package dev.inferscale.adapter.auth;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;

/// May this user do that? What of a query narrows the answer is no part of it, so that one answer
/// serves all selectors.
record Question(User user, Attributes wanted) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /// Beyond this an answer is not kept, as with Kubernetes' own servers: memory must not grow with
  /// what callers send.
  private static final int MAX_KEPT = 10_000;

  boolean isKept() {
    int groups = user.groups().stream().mapToInt(String::length).sum();
    int extra =
        user.extra().entrySet().stream()
            .mapToInt(each ->
                each.getKey().length() + each.getValue().stream().mapToInt(String::length).sum())
            .sum();
    return wanted.length() + user.name().length() + user.uid().length() + groups + extra
        <= MAX_KEPT;
  }

  /// As the API server is asked.
  String review() {
    ObjectNode review = JSON.createObjectNode();
    review.put("apiVersion", "authorization.k8s.io/v1").put("kind", "SubjectAccessReview");
    ObjectNode spec = review.putObject("spec");
    if (wanted.isResource()) {
      ObjectNode resource = spec.putObject("resourceAttributes");
      put(resource, "namespace", wanted.namespace());
      put(resource, "verb", wanted.verb());
      put(resource, "group", wanted.group());
      put(resource, "version", wanted.version());
      put(resource, "resource", wanted.resource());
      put(resource, "subresource", wanted.subresource());
      put(resource, "name", wanted.name());
    } else {
      spec.putObject("nonResourceAttributes").put("path", wanted.path()).put("verb", wanted.verb());
    }
    put(spec, "user", user.name());
    put(spec, "uid", user.uid());
    if (!user.groups().isEmpty()) {
      var groups = spec.putArray("groups");
      user.groups().forEach(groups::add);
    }
    if (!user.extra().isEmpty()) {
      ObjectNode extra = spec.putObject("extra");
      user.extra().forEach((key, values) -> values.forEach(extra.putArray(key)::add));
    }
    return review.toString();
  }

  private static void put(ObjectNode node, String key, String value) {
    if (!value.isEmpty()) {
      node.put(key, value);
    }
  }
}
