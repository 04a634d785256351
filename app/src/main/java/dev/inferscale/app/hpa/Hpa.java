package dev.inferscale.app.hpa;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// A HorizontalPodAutoscaler (`autoscaling/v2`), as far as its arithmetic needs it.
///
/// @param owner `Kind/name` of the object that made it, such as a ScaledObject; empty for none
/// @param minReplicas 1 where the document does not say
/// @param scaleUp what it says of growing, and
/// @param scaleDown of shrinking
public record Hpa(
    String namespace,
    String name,
    String owner,
    Workload target,
    int minReplicas,
    int maxReplicas,
    List<Metric> metrics,
    Behavior scaleUp,
    Behavior scaleDown) {

  /// The tolerance of a controller that was not told otherwise
  /// (`--horizontal-pod-autoscaler-tolerance`).
  public static final double USUAL_TOLERANCE = 0.1;

  public Hpa {
    metrics = List.copyOf(metrics);
  }

  /// What is scaled.
  public record Workload(String apiVersion, String kind, String name) {
    @Override
    public String toString() {
      return kind + "/" + name;
    }
  }

  /// One entry of `spec.metrics`.
  ///
  /// @param source where the number comes from
  /// @param name of the metric
  /// @param selector as it stands in a URL, empty for none
  /// @param object of an `OBJECT` metric, as `Kind/name`; else empty
  /// @param goal null where it is of a kind that we never serve, such as a utilisation
  public record Metric(
      Source source, String name, String selector, String object, @Nullable Goal goal) {}

  /// Where the numbers of a metric come from.
  public enum Source {
    EXTERNAL,
    PODS,
    OBJECT,
    /// Resource and ContainerResource: the kubelets', never ours.
    OTHER
  }

  /// What the number is compared with.
  ///
  /// @param perReplica true for `AverageValue`: the number is divided by the replicas
  /// @param milli the target in thousandths, as the controller reads it; 0 or less is refused there
  public record Goal(boolean perReplica, long milli) {}

  /// How fast it may go in one direction.
  ///
  /// @param stabilizationSeconds null where the document does not say: 0 upwards, 300 downwards
  /// @param tolerance null where the document does not say
  /// @param policies null where the document does not say
  /// @param disabled true for `selectPolicy: Disabled`
  /// @param least true for `selectPolicy: Min`
  public record Behavior(
      @Nullable Integer stabilizationSeconds,
      @Nullable Double tolerance,
      @Nullable List<Policy> policies,
      boolean disabled,
      boolean least) {
    /// Nothing is said.
    public static final Behavior UNSAID = new Behavior(null, null, null, false, false);
  }

  /// One limit on the change within a period.
  ///
  /// @param percent true where the value is a share of the replicas at the period's begin
  public record Policy(boolean percent, int value, int periodSeconds) {}

  /// `namespace/name`, as people write it.
  public String id() {
    return namespace + "/" + name;
  }

  double toleranceUp() {
    return scaleUp.tolerance() == null ? USUAL_TOLERANCE : scaleUp.tolerance();
  }

  double toleranceDown() {
    return scaleDown.tolerance() == null ? USUAL_TOLERANCE : scaleDown.tolerance();
  }
}
