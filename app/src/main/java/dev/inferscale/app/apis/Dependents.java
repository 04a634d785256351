package dev.inferscale.app.apis;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The HPAs of a cluster that read external metrics, and so depend on whose that API is.
///
/// @param kedas those that KEDA made, `NAMESPACE/NAME`
/// @param others all others
public record Dependents(List<String> kedas, List<String> others) {
  /// KEDA puts it into each selector, and its metrics server answers nobody without it.
  private static final String SCALED_OBJECT = "scaledobject.keda.sh/name";

  private static final int NAMED = 3;

  public Dependents {
    kedas = List.copyOf(kedas);
    others = List.copyOf(others);
  }

  /// Of all HPAs, those that read external metrics.
  ///
  /// @param hpas `autoscaling/v2`
  public static Dependents of(JsonNode hpas) {
    List<String> kedas = new ArrayList<>();
    List<String> others = new ArrayList<>();
    for (JsonNode hpa : hpas) {
      String id =
          hpa.path("metadata").path("namespace").asText("")
              + "/"
              + hpa.path("metadata").path("name").asText("");
      boolean keda = false;
      boolean other = false;
      for (JsonNode metric : hpa.path("spec").path("metrics")) {
        if (metric.path("type").asText("").equals("External")) {
          JsonNode labels = metric.at("/external/metric/selector/matchLabels");
          keda |= labels.has(SCALED_OBJECT);
          other |= !labels.has(SCALED_OBJECT);
        }
      }
      if (keda) {
        kedas.add(id);
      }
      if (other) {
        others.add(id);
      }
    }
    return new Dependents(kedas, others);
  }

  /// What is wrong, and what to do; empty where all of them are answered by whom they mean.
  public Optional<String> fault(Owner owner) {
    return switch (owner) {
      case KEDA ->
          others.isEmpty()
              ? Optional.empty()
              : Optional.of(
                  named(others)
                      + " ask KEDA here without a ScaledObject, which it refuses; turn each into a"
                      + " ScaledObject: ./inferscale hpa --pool P --keda");
      case OURS, FOREIGN ->
          kedas.isEmpty()
              ? Optional.empty()
              : Optional.of(
                  named(kedas)
                      + " are KEDA's and get no value here: their ScaledObjects do not grow beyond"
                      + " one replica; delete this APIService, install KEDA with"
                      + " metricsServer.enabled=true, and scale by our signals with ScaledObjects");
      case ABSENT ->
          kedas.isEmpty() && others.isEmpty()
              ? Optional.empty()
              : Optional.of(
                  named(kedas.isEmpty() ? others : kedas) + " ask here and nobody answers");
      case UNKNOWN -> Optional.empty();
    };
  }

  private static String named(List<String> ids) {
    String first = String.join(", ", ids.subList(0, Math.min(NAMED, ids.size())));
    return ids.size()
        + (ids.size() == 1 ? " HPA (" : " HPAs (")
        + first
        + (ids.size() > NAMED ? ", ...)" : ")");
  }
}
