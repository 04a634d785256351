package dev.inferscale.app.scaledobject;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A ScaledObject or ScaledJob (`keda.sh/v1alpha1`), as far as it concerns us. What a document does
/// not say has KEDA's default.
///
/// @param kind `ScaledObject` or `ScaledJob`
/// @param canBeZero true where it may leave no replica
/// @param polling seconds between two questions of KEDA
/// @param cooldown seconds without activity before the last replica goes
/// @param initialCooldown seconds after its making before the last replica may go
/// @param fallback null where there is none
/// @param pauses the annotations that hold scaling back
/// @param triggers those that ask us
public record ScaledDocument(
    String kind,
    String namespace,
    String name,
    int minReplicas,
    int maxReplicas,
    boolean canBeZero,
    int polling,
    int cooldown,
    int initialCooldown,
    @Nullable Fallback fallback,
    List<String> pauses,
    List<Asking> triggers) {

  /// What KEDA assumes when it is told nothing for a while.
  ///
  /// @param behavior empty where the document does not say: then the replicas count as they stand
  public record Fallback(int replicas, String behavior) {}

  /// A trigger that asks us.
  ///
  /// @param index among all triggers of the document
  /// @param type `external` or `external-push`
  /// @param metricType empty where the document does not say: then `AverageValue`
  /// @param metadata may hold secrets
  public record Asking(
      int index, String type, String metricType, boolean cached, Map<String, String> metadata) {
    public Asking {
      metadata = Map.copyOf(metadata);
    }

    /// `HOST:PORT` as KEDA dials it.
    public String address() {
      return metadata.getOrDefault("scalerAddress", "");
    }
  }

  private static final String JOB = "ScaledJob";
  private static final String PAUSED = "autoscaling.keda.sh/paused";
  private static final List<String> PAUSES = List.of("", "-replicas", "-scale-in", "-scale-out");

  private static final int POLLING = 30;
  private static final int COOLDOWN = 300;
  private static final int MOST = 100;

  public ScaledDocument {
    pauses = List.copyOf(pauses);
    triggers = List.copyOf(triggers);
  }

  /// Reads one. Nonsense has KEDA's default: KEDA's own validation speaks of it.
  public static ScaledDocument read(JsonNode document) {
    JsonNode spec = document.path("spec");
    JsonNode metadata = document.path("metadata");
    int min = spec.path("minReplicaCount").asInt(0);
    boolean idles = spec.path("idleReplicaCount").asInt(1) == 0;
    return new ScaledDocument(
        spec.has("jobTargetRef") ? JOB : "ScaledObject",
        metadata.path("namespace").asText(""),
        metadata.path("name").asText(""),
        min,
        spec.path("maxReplicaCount").asInt(MOST),
        min == 0 || idles,
        spec.path("pollingInterval").asInt(POLLING),
        spec.path("cooldownPeriod").asInt(COOLDOWN),
        spec.path("initialCooldownPeriod").asInt(0),
        fallback(spec.path("fallback")),
        pauses(metadata.path("annotations")),
        triggers(spec.path("triggers")));
  }

  private static @Nullable Fallback fallback(JsonNode fallback) {
    return fallback.isObject()
        ? new Fallback(
            fallback.path("replicas").asInt(0), fallback.path("behavior").asText("static"))
        : null;
  }

  private static List<String> pauses(JsonNode annotations) {
    return PAUSES.stream()
        .map(PAUSED::concat)
        .filter(annotations::has)
        .filter(key -> !annotations.path(key).asText("").equalsIgnoreCase("false"))
        .toList();
  }

  private static List<Asking> triggers(JsonNode triggers) {
    List<Asking> asking = new ArrayList<>();
    for (int i = 0; i < triggers.size(); i++) {
      JsonNode trigger = triggers.path(i);
      String type = trigger.path("type").asText("");
      Map<String, String> metadata = new HashMap<>();
      for (Map.Entry<String, JsonNode> each : trigger.path("metadata").properties()) {
        metadata.put(each.getKey(), each.getValue().asText(""));
      }
      boolean external = type.equals("external") || type.equals("external-push");
      if (external && isOurs(metadata)) {
        asking.add(
            new Asking(
                i,
                type,
                trigger.path("metricType").asText(""),
                trigger.path("useCachedMetrics").asBoolean(false),
                metadata));
      }
    }
    return asking;
  }

  /// By the keys that only we have, or by the address.
  private static boolean isOurs(Map<String, String> metadata) {
    String address = metadata.getOrDefault("scalerAddress", "").toLowerCase(Locale.ROOT);
    return metadata.containsKey("pool")
        || metadata.getOrDefault("signal", "").startsWith("inference_")
        || address.contains("inferscale");
  }

  boolean isJob() {
    return kind.equals(JOB);
  }

  /// Such as `scaledobject/serving/chat`.
  public String subject() {
    return kind.toLowerCase(Locale.ROOT) + "/" + namespace + "/" + name;
  }
}
