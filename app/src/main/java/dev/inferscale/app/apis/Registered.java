package dev.inferscale.app.apis;

import com.fasterxml.jackson.databind.JsonNode;

/// What is known of the APIService of one metrics API.
///
/// @param service `NAMESPACE/NAME` of the Service that it leads to; empty where there is none
public record Registered(Owner owner, String service) {
  /// Nobody is registered.
  public static final Registered ABSENT = new Registered(Owner.ABSENT, "");

  /// Not read.
  public static final Registered UNKNOWN = new Registered(Owner.UNKNOWN, "");

  private static final String KEDA = "keda";
  private static final int LONGEST = 128;

  /// Reads an APIService (`apiregistration.k8s.io/v1`). KEDA is known by its Service's name and, as
  /// its chart and its manifests label it, by `app.kubernetes.io/part-of`.
  ///
  /// @param ours `NAMESPACE/NAME` of our Service
  public static Registered read(JsonNode apiService, String ours) {
    JsonNode service = apiService.path("spec").path("service");
    if (!service.isObject()) {
      return new Registered(Owner.FOREIGN, "(the API server itself)");
    }
    String name = service.path("name").asText("");
    String owner = service.path("namespace").asText("") + "/" + name;
    if (owner.equals(ours)) {
      return new Registered(Owner.OURS, owner);
    }
    JsonNode labels = apiService.path("metadata").path("labels");
    boolean keda =
        name.startsWith(KEDA)
            || labels.path("app.kubernetes.io/part-of").asText("").startsWith(KEDA);
    return new Registered(
        keda ? Owner.KEDA : Owner.FOREIGN, owner.substring(0, Math.min(owner.length(), LONGEST)));
  }
}
