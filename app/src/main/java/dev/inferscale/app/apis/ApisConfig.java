package dev.inferscale.app.apis;

import dev.inferscale.launch.ConfigReader.Describe;
import java.util.Optional;

/// What the plane is to its cluster.
public record ApisConfig(
    @Describe(
            "what the plane may be registered for. auto: what the APIServices say; keda: KEDA owns the"
                + " external metrics, custom ones may be ours; external: both may be ours; custom:"
                + " only custom metrics; none: nothing. An APIService of somebody else is never"
                + " touched; a mode that contradicts what is found is warned of")
        Mode mode,
    @Describe(
            "NAMESPACE/NAME of the Service in front of the plane, by which its own APIServices are"
                + " known; adapter.selfSigned's where that is given, else inferscale/inferscale")
        Optional<String> service) {
  private static final String LABEL = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?";

  public ApisConfig {
    if (service.isPresent() && !service.get().matches(LABEL + "/" + LABEL)) {
      throw new IllegalArgumentException(
          "service must be NAMESPACE/NAME, such as inferscale/inferscale");
    }
  }

  /// What is found counts.
  public static ApisConfig defaults() {
    return new ApisConfig(Mode.AUTO, Optional.empty());
  }
}
