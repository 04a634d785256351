package dev.inferscale.signals.discover;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.inferscale.signals.pool.ModelPool;
import dev.inferscale.signals.pool.ModelPool.Pods;
import dev.inferscale.signals.pool.PoolsFile;

/// Pods and pools as the API server shows them.
final class PodDocuments {
  private static final ObjectMapper JSON = new ObjectMapper();

  private PodDocuments() {}

  /// A pod of `serving` with label `app: chat`.
  static ObjectNode pod(String name, String uid, String phase, String ip, boolean ready) {
    ObjectNode pod = JSON.createObjectNode();
    pod.put("kind", "Pod").put("apiVersion", "v1");
    ObjectNode metadata = pod.putObject("metadata");
    metadata.put("name", name).put("namespace", "serving").put("uid", uid);
    metadata.putObject("labels").put("app", "chat").put("pod-template-hash", "6d5f");
    metadata.putArray("managedFields").addObject().put("manager", "kubelet");
    pod.putObject("spec").put("nodeName", "node-1");
    ObjectNode status = pod.putObject("status");
    status.put("phase", phase);
    if (!ip.isEmpty()) {
      status.put("podIP", ip);
    }
    status
        .putArray("conditions")
        .addObject()
        .put("type", "Ready")
        .put("status", ready ? "True" : "False");
    return pod;
  }

  static ObjectNode serving(String name, String ip) {
    return pod(name, "uid-" + name, "Running", ip, true);
  }

  static ObjectNode deleting(ObjectNode pod) {
    ((ObjectNode) pod.get("metadata")).put("deletionTimestamp", "2026-01-01T00:00:00Z");
    return pod;
  }

  static ObjectNode versioned(ObjectNode document, long version) {
    ((ObjectNode) document.get("metadata")).put("resourceVersion", String.valueOf(version));
    return document;
  }

  static Pod read(JsonNode document) {
    return Pod.of(document, new Pod.Interned());
  }

  /// The pool `serving/chat`.
  ///
  /// @param pods further keys of source.pods, such as `ports: [8000]`
  static ModelPool pool(String... pods) {
    PoolsFile file =
        PoolsFile.parse(
            """
            apiVersion: inferscale.dev/v1alpha1
            kind: ModelPool
            metadata: {name: chat, namespace: serving}
            spec:
              model: m
              interval: 1s
              source: {pods: {selector: {matchLabels: {app: chat}}, %s}}
              scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: chat}
            """
                .formatted(String.join(", ", pods)));
    if (!file.faults().isEmpty()) {
      throw new IllegalArgumentException(file.faults().toString());
    }
    return file.pools().getFirst();
  }

  static Pods source(ModelPool pool) {
    return (Pods) pool.source();
  }
}
