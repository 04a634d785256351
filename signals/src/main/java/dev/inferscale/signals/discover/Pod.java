package dev.inferscale.signals.discover;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/// What is kept of a pod; the rest of its document is dropped when it is read.
///
/// @param ip empty before it has one
/// @param running its containers have been started and not all have ended
/// @param finished it will never run again: succeeded, failed or evicted
/// @param ready its readiness probes pass
/// @param deleting it is being deleted
record Pod(
    String namespace,
    String name,
    String uid,
    Map<String, String> labels,
    String node,
    String ip,
    boolean running,
    boolean finished,
    boolean ready,
    boolean deleting) {

  /// Reads the document of one pod; what is missing reads as empty.
  static Pod of(JsonNode document, Interned interned) {
    JsonNode metadata = document.path("metadata");
    JsonNode status = document.path("status");
    String phase = status.path("phase").asText("");
    return new Pod(
        interned.text(metadata.path("namespace").asText("")),
        metadata.path("name").asText(""),
        metadata.path("uid").asText(""),
        interned.labels(labels(metadata.path("labels"))),
        interned.text(document.path("spec").path("nodeName").asText("")),
        status.path("podIP").asText(""),
        phase.equals("Running"),
        phase.equals("Succeeded") || phase.equals("Failed"),
        ready(status.path("conditions")),
        metadata.hasNonNull("deletionTimestamp"));
  }

  private static Map<String, String> labels(JsonNode labels) {
    Map<String, String> read = new TreeMap<>();
    labels.properties().forEach(label -> read.put(label.getKey(), label.getValue().asText("")));
    return read;
  }

  private static boolean ready(JsonNode conditions) {
    for (JsonNode condition : conditions) {
      if (condition.path("type").asText("").equals("Ready")) {
        return condition.path("status").asText("").equals("True");
      }
    }
    return false;
  }

  /// A page of it may be asked for, and its readings may count.
  boolean serves() {
    return running && !deleting && !ip.isEmpty();
  }

  /// It is a replica that will serve later.
  boolean starts() {
    return !deleting && !finished && !(running && ready);
  }

  /// Gives equal texts and equal sets of labels one object, since the pods of a ReplicaSet differ
  /// in little else than their names. Forgets all when it has grown large, so that it holds on to
  /// little that nobody uses. Thread-safe.
  static final class Interned {
    private static final int MOST_SHARED = 4096;

    private final Map<String, String> texts = new HashMap<>();
    private final Map<Map<String, String>, Map<String, String>> labels = new HashMap<>();

    synchronized String text(String text) {
      if (texts.size() >= MOST_SHARED) {
        texts.clear();
      }
      return texts.computeIfAbsent(text, same -> same);
    }

    /// The same labels, unmodifiable.
    synchronized Map<String, String> labels(Map<String, String> read) {
      Map<String, String> known = labels.get(read);
      if (known != null) {
        return known;
      }
      if (labels.size() >= MOST_SHARED) {
        labels.clear();
      }
      Map<String, String> shared = new HashMap<>();
      read.forEach((key, value) -> shared.put(text(key), text(value)));
      Map<String, String> fixed = Map.copyOf(shared);
      labels.put(fixed, fixed);
      return fixed;
    }
  }
}
