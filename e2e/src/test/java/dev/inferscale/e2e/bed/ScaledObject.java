package dev.inferscale.e2e.bed;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// KEDA's ScaledObject of a Deployment of the same name, as a test writes one: from zero to ten,
/// looked at every two seconds, back at zero five seconds after it was active last.
final class ScaledObject {
  private static final String API = "keda.sh/v1alpha1";

  /// Hundreds take their time.
  private static final Duration LONG = Duration.ofMinutes(4);

  private final BedNamespace home;
  private final String name;
  private final List<String> fields = new ArrayList<>();
  private final List<String> triggers = new ArrayList<>();

  /// @param name of both
  ScaledObject(BedNamespace home, String name) {
    this.home = home;
    this.name = name;
  }

  /// Takes away all of a namespace while KEDA runs, which has to let go of each.
  static void clear(Bed bed, BedNamespace home) {
    for (String kind : List.of("scaledobjects", "scaledjobs")) {
      bed.kubectl("delete", kind, "--all", "--namespace", home.name(), "--wait=false");
    }
    home.awaitThat("KEDA has let go of them", LONG, () -> names(bed, home).isBlank());
  }

  private static String names(Bed bed, BedNamespace home) {
    return bed.kubectl(
        "get", "scaledobjects,scaledjobs", "--namespace", home.name(), "--output", "name");
  }

  /// One more field of `spec`, such as `fallback: {failureThreshold: 2, replicas: 5}`.
  ScaledObject with(String field) {
    fields.add(field);
    return this;
  }

  /// One more trigger, of type `external-push`.
  ///
  /// @param address of the scaler
  /// @param metadata keys and values besides the address
  ScaledObject pushedBy(String address, String... metadata) {
    return trigger("external-push", "", address, metadata);
  }

  /// One more trigger.
  ///
  /// @param type `external` or `external-push`
  /// @param field of the trigger besides its metadata, empty for none
  ScaledObject trigger(String type, String field, String address, String... metadata) {
    StringBuilder trigger = new StringBuilder("  - type: " + type + "\n");
    if (!field.isEmpty()) {
      trigger.append("    ").append(field).append('\n');
    }
    trigger.append("    metadata:\n      scalerAddress: \"").append(address).append("\"\n");
    for (int i = 0; i < metadata.length; i += 2) {
      trigger.append("      %s: \"%s\"%n".formatted(metadata[i], metadata[i + 1]));
    }
    triggers.add(trigger.toString());
    return this;
  }

  /// What has been said so far, as the document that is applied.
  String document() {
    String spec =
        """
        apiVersion: keda.sh/v1alpha1
        kind: ScaledObject
        metadata: {name: %1$s}
        spec:
          scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: %1$s}
          %2$s
          advanced:
            horizontalPodAutoscalerConfig:
              behavior:
                %3$s
          triggers:
        """
            .formatted(
                name,
                String.join("\n  ", merged()),
                ScaledDeployment.QUICK.replace("\n    ", "\n        "));
    return spec + String.join("", triggers);
  }

  private List<String> merged() {
    List<String> lines = new ArrayList<>(fields);
    for (String preset :
        List.of(
            "minReplicaCount: 0",
            "maxReplicaCount: 10",
            "pollingInterval: 2",
            "cooldownPeriod: 5")) {
      String key = preset.substring(0, preset.indexOf(':') + 1);
      if (fields.stream().noneMatch(field -> field.startsWith(key))) {
        lines.add(preset);
      }
    }
    return lines;
  }

  /// Creates it, or changes it to what has been said.
  ScaledObject apply() {
    home.apply(document());
    return this;
  }

  /// Sets an annotation, or takes it away.
  ///
  /// @param value empty to take it away
  void annotate(String key, String value) {
    home.kube()
        .genericKubernetesResources(API, "ScaledObject")
        .inNamespace(home.name())
        .withName(name)
        .edit(object -> {
          if (value.isEmpty()) {
            object.getMetadata().getAnnotations().remove(key);
          } else {
            object.getMetadata().getAnnotations().put(key, value);
          }
          return object;
        });
  }

  /// `True`, `False` or `Unknown`, empty where KEDA has not said yet.
  String condition(String type) {
    JsonNode conditions = now().at("/status/conditions");
    for (JsonNode condition : conditions) {
      if (condition.path("type").asText().equals(type)) {
        return condition.path("status").asText();
      }
    }
    return "";
  }

  /// As the API server has it.
  JsonNode now() {
    GenericKubernetesResource object =
        home.kube()
            .genericKubernetesResources(API, "ScaledObject")
            .inNamespace(home.name())
            .withName(name)
            .get();
    return new ObjectMapper().valueToTree(object);
  }

  /// Where the API server has one of its metrics.
  ///
  /// @param metric as the trigger's scaler names it; the trigger is the first
  String path(String metric) {
    return ("/apis/external.metrics.k8s.io/v1beta1/namespaces/%s/s0-%s"
            + "?labelSelector=scaledobject.keda.sh%%2Fname%%3D%s")
        .formatted(home.name(), metric, name);
  }

  /// Waits until KEDA knows its metrics: before, it forgets what is pushed (kedacore/keda#8168).
  void awaitKnown() {
    home.awaitThat(
        "KEDA knows the metrics of " + name, () -> now().at("/status").has("externalMetricNames"));
  }

  /// Whether KEDA keeps an HPA for it.
  boolean hasHpa() {
    return home.kube()
            .autoscaling()
            .v2()
            .horizontalPodAutoscalers()
            .inNamespace(home.name())
            .withName("keda-hpa-" + name)
            .get()
        != null;
  }

  /// What its Deployment is asked for.
  int replicas() {
    return new ScaledDeployment(home, name).replicas();
  }

  void awaitReplicas(int count) {
    home.awaitThat(count + " replicas of " + name, () -> replicas() == count);
  }
}
