package dev.inferscale.app.apis;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What the plane is to the cluster that was found, and what people should know of that. Pure.
///
/// @param mode never `AUTO`; empty while that cannot be told
/// @param said what was found, one sentence
/// @param warnings where the configuration contradicts it, one sentence each
public record Stance(Optional<Mode> mode, String said, List<String> warnings) {
  private static final String EXTERNAL = "external.metrics.k8s.io";
  private static final String CUSTOM = "custom.metrics.k8s.io";
  private static final List<MetricsApi> CUSTOMS =
      List.of(MetricsApi.CUSTOM_V1BETA1, MetricsApi.CUSTOM_V1BETA2);

  public Stance {
    warnings = List.copyOf(warnings);
  }

  /// @param answersKeda whether the plane has its gRPC server
  /// @param found what is known of each API; those that are not there are not known
  static Stance of(Mode configured, boolean answersKeda, Map<MetricsApi, Registered> found) {
    Registered external = found.getOrDefault(MetricsApi.EXTERNAL, Registered.UNKNOWN);
    Registered custom = custom(found);
    Optional<Mode> mode =
        configured == Mode.AUTO ? mode(external.owner(), custom.owner()) : Optional.of(configured);
    List<String> warnings = new ArrayList<>();
    warnings.addAll(contradictions(configured, external, custom));
    if (!answersKeda && mode.equals(Optional.of(Mode.KEDA))) {
      warnings.add(
          "KEDA owns the external metrics, and the configuration has no section keda: nobody"
              + " answers KEDA's external triggers");
    }
    return new Stance(mode, said(external, custom), warnings);
  }

  /// The version that somebody else has counts: an HPA reads whichever the API server prefers.
  private static Registered custom(Map<MetricsApi, Registered> found) {
    Registered best = Registered.UNKNOWN;
    for (Owner wanted :
        List.of(Owner.FOREIGN, Owner.KEDA, Owner.OURS, Owner.UNKNOWN, Owner.ABSENT)) {
      for (MetricsApi api : CUSTOMS) {
        Registered each = found.getOrDefault(api, Registered.UNKNOWN);
        if (each.owner() == wanted) {
          return each;
        }
      }
    }
    return best;
  }

  private static Optional<Mode> mode(Owner external, Owner custom) {
    return switch (external) {
      case OURS, ABSENT -> Optional.of(Mode.EXTERNAL);
      case KEDA -> Optional.of(Mode.KEDA);
      case FOREIGN ->
          Optional.of(custom == Owner.FOREIGN || custom == Owner.KEDA ? Mode.NONE : Mode.CUSTOM);
      case UNKNOWN -> Optional.empty();
    };
  }

  private static String said(Registered external, Registered custom) {
    String first =
        switch (external.owner()) {
          case OURS -> EXTERNAL + " leads to our Service " + external.service();
          case ABSENT ->
              "nobody is registered for "
                  + EXTERNAL
                  + "; manifests/base/api-services.yaml registers us";
          case KEDA ->
              EXTERNAL
                  + " is KEDA's ("
                  + external.service()
                  + ") and stays so; scale by our signals with a ScaledObject, which ./inferscale hpa"
                  + " --pool P --keda prints";
          case FOREIGN ->
              EXTERNAL
                  + " leads to Service "
                  + external.service()
                  + ", not to ours, and is left alone: a cluster has one provider of it";
          case UNKNOWN ->
              "whose "
                  + EXTERNAL
                  + " is cannot be read; that needs manifests/base/rbac/api-service-reader.yaml";
        };
    return switch (custom.owner()) {
      case OURS -> first + "; " + CUSTOM + " leads to us";
      case KEDA, FOREIGN ->
          first + "; " + CUSTOM + " leads to Service " + custom.service() + " and is left alone";
      case ABSENT, UNKNOWN -> first;
    };
  }

  private static List<String> contradictions(
      Mode configured, Registered external, Registered custom) {
    List<String> all = new ArrayList<>();
    boolean mayOwnExternal = configured.mayOwn(MetricsApi.EXTERNAL);
    boolean mayOwnCustom = configured.mayOwn(MetricsApi.CUSTOM_V1BETA2);
    String mode = "apis.mode is " + configured.word() + ", but ";
    if (configured == Mode.EXTERNAL) {
      external(mode, external).ifPresent(all::add);
    }
    if (configured == Mode.KEDA && external.owner() == Owner.ABSENT) {
      all.add(mode + "nobody is registered for " + EXTERNAL + ": is KEDA's metrics server there?");
    }
    if (configured == Mode.KEDA && external.owner() == Owner.FOREIGN) {
      all.add(
          mode
              + EXTERNAL
              + " leads to Service "
              + external.service()
              + ": ScaledObjects do not grow beyond one replica until KEDA's metrics server has it");
    }
    if (!mayOwnExternal && external.owner() == Owner.OURS) {
      all.add(
          mode
              + EXTERNAL
              + " leads to our Service; kubectl delete apiservice "
              + MetricsApi.EXTERNAL.apiService()
              + ", and let its owner register again");
    }
    if (!mayOwnCustom && custom.owner() == Owner.OURS) {
      all.add(mode + CUSTOM + " leads to our Service; delete its APIServices");
    }
    if (configured == Mode.CUSTOM
        && (custom.owner() == Owner.FOREIGN || custom.owner() == Owner.KEDA)) {
      all.add(mode + CUSTOM + " leads to Service " + custom.service() + " and is left alone");
    }
    return all;
  }

  private static Optional<String> external(String mode, Registered external) {
    return switch (external.owner()) {
      case KEDA ->
          Optional.of(
              mode
                  + EXTERNAL
                  + " is KEDA's ("
                  + external.service()
                  + ") and is left alone; set apis.mode to keda, or, where no ScaledObject is to grow"
                  + " beyond one replica, install KEDA with metricsServer.enabled=false and"
                  + " --enable-apiservice-patching=false");
      case FOREIGN ->
          Optional.of(
              mode
                  + EXTERNAL
                  + " leads to Service "
                  + external.service()
                  + " and is left alone; remove that provider, or set apis.mode to custom");
      case ABSENT, OURS, UNKNOWN -> Optional.empty();
    };
  }
}
