package dev.inferscale.signals.pool;

import dev.inferscale.signals.pool.ModelPool.ScaleTarget;
import java.util.Locale;

/// What an autoscaler scales, as paths of the Kubernetes API name it.
///
/// @param resource of its kind, such as `deployments`
/// @param singular of its kind, such as `deployment`
/// @param group of its API, such as `apps`; empty for the core's
/// @param target what the pool says
public record ScaledObject(String resource, String singular, String group, ScaleTarget target) {

  /// Names it.
  ///
  /// @param told what the API server calls the kind in paths, empty where it has not said: then it
  ///   is guessed as Kubernetes' own clients do without discovery
  public static ScaledObject of(ScaleTarget target, String told) {
    String apiVersion = target.apiVersion();
    int slash = apiVersion.indexOf('/');
    String singular = target.kind().toLowerCase(Locale.ROOT);
    return new ScaledObject(
        told.isEmpty() ? plural(singular) : told,
        singular,
        slash < 0 ? "" : apiVersion.substring(0, slash),
        target);
  }

  private static String plural(String singular) {
    if (singular.endsWith("s")) {
      return singular + "es";
    }
    return singular.endsWith("y")
        ? singular.substring(0, singular.length() - 1) + "ies"
        : singular + "s";
  }

  /// The resource with its group, such as `deployments.apps`.
  public String qualified() {
    return group.isEmpty() ? resource : resource + "." + group;
  }
}
