package dev.inferscale.e2e.bed;

import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscalerStatus;

/// A Deployment of the bed and the real HPA of the same name that scales it. The HPA's controller
/// remembers by name how far it has scaled, so that a name should be used once.
final class ScaledDeployment {
  /// As `spec.behavior`: up at once and down after a moment, so that a test need not wait.
  static final String QUICK =
      "scaleUp: {stabilizationWindowSeconds: 0, policies: [{type: Pods, value: 100, periodSeconds: 1}]}\n"
          + "    scaleDown: {stabilizationWindowSeconds: 2, policies: [{type: Percent, value: 100, periodSeconds: 1}]}";

  private final BedNamespace home;
  private final String name;

  /// @param name of both, which need not be there yet
  ScaledDeployment(BedNamespace home, String name) {
    this.home = home;
    this.name = name;
  }

  /// Takes away all HPAs of a namespace.
  static void clear(BedNamespace home) {
    home.kube().autoscaling().v2().horizontalPodAutoscalers().inNamespace(home.name()).delete();
  }

  /// One of the `spec.metrics`.
  ///
  /// @param target such as `averageValue: 10` or `value: 500m`
  static String external(String metric, String pool, String target) {
    String type = target.startsWith("averageValue") ? "AverageValue" : "Value";
    return """
      - type: External
        external:
          metric: {name: %s, selector: {matchLabels: {pool: %s}}}
          target: {type: %s, %s}
    """
        .formatted(metric, pool, type, target);
  }

  /// Lets an HPA scale it that is [#QUICK].
  ///
  /// @param metrics entries of `spec.metrics`, each indented by two
  ScaledDeployment between(int min, int max, String... metrics) {
    return behaving(QUICK, min, max, metrics);
  }

  /// @param behavior lines of `spec.behavior`, the first without indentation, others with four
  /// @param metrics entries of `spec.metrics`, each indented by two
  ScaledDeployment behaving(String behavior, int min, int max, String... metrics) {
    home.apply(
        """
        apiVersion: autoscaling/v2
        kind: HorizontalPodAutoscaler
        metadata: {name: %1$s}
        spec:
          scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: %1$s}
          minReplicas: %2$d
          maxReplicas: %3$d
          behavior:
            %4$s
          metrics:
        """
                .formatted(name, min, max, behavior)
            + String.join("", metrics));
    return this;
  }

  /// What its spec asks for.
  int replicas() {
    return deployment().getSpec().getReplicas();
  }

  void awaitReplicas(int count) {
    home.awaitThat(count + " replicas of " + name, () -> replicas() == count);
  }

  Deployment deployment() {
    return home.kube().apps().deployments().inNamespace(home.name()).withName(name).get();
  }

  /// Of the HPA.
  HorizontalPodAutoscalerStatus status() {
    return home.kube()
        .autoscaling()
        .v2()
        .horizontalPodAutoscalers()
        .inNamespace(home.name())
        .withName(name)
        .get()
        .getStatus();
  }

  /// `STATUS REASON: MESSAGE` of one of its conditions, empty where that is not there yet.
  String condition(String type) {
    return status().getConditions().stream()
        .filter(each -> each.getType().equals(type))
        .map(each -> each.getStatus() + " " + each.getReason() + ": " + each.getMessage())
        .findFirst()
        .orElse("");
  }

  /// Waits until its metrics are numbers.
  void awaitActive() {
    home.awaitThat(
        "the HPA has a number",
        () -> condition("ScalingActive").startsWith("True ValidMetricFound"));
  }

  /// Waits until it says, in its condition and in an event, which pool gives it no number.
  void awaitNoNumberOf(String pool) {
    String named = "pool " + home.name() + "/" + pool;
    home.awaitThat(
        "the condition has our sentence",
        () ->
            condition("ScalingActive").startsWith("False FailedGetExternalMetric")
                && condition("ScalingActive").contains(named));
    home.awaitThat(
        "an event has it too",
        () -> home.events(name).stream().anyMatch(said -> said.contains(named)));
  }
}
