package dev.inferscale.adapter.metricsapi.discovery;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.inferscale.adapter.metricsapi.encoding.MetricsVersion;
import dev.inferscale.adapter.wire.Negotiation.Form;
import dev.inferscale.signals.profile.Signal;
import java.io.IOException;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;

/// Which groups, versions and metrics there are. The lists are the vocabulary, not what happens to
/// have a value now: names that came and went would empty the caches of every client. They are
/// never empty, which clients take for a failure. Custom metrics are listed for pods, for
/// ModelPools and for what the pools' autoscalers scale; only the last changes with the pools.
public final class Discovery {
  /// The media type of the aggregated form.
  public static final String AGGREGATED =
      "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

  /// Each adds a list of all signals; the clusters that we know scale two or three kinds of things.
  private static final int MOST_SCALED = 16;

  private static final Pattern RESOURCE = Pattern.compile("[a-z0-9-]{1,63}(\\.[a-z0-9.-]{1,190})?");
  private static final String PODS = "pods";
  private static final String MODEL_POOLS = "modelpools.inferscale.dev";

  /// These have a meaning of their own, or another scope: all metrics under one resource must have
  /// the same, or clients drop the whole version.
  private static final Set<String> TAKEN =
      Set.of(PODS, MODEL_POOLS, "namespaces", "nodes", "metrics");

  private final SortedSet<String> scaled;
  private final Document groups;
  private final Document aggregated;
  private final Map<String, Document> byGroup = new HashMap<>();
  private final Map<MetricsVersion, Document> byVersion = new EnumMap<>(MetricsVersion.class);

  /// @param scaled resources of scale targets with their groups, such as `deployments.apps`, of
  ///   [#listable]
  public Discovery(SortedSet<String> scaled) {
    this.scaled = new TreeSet<>(scaled);
    groups = Document.of(this::writeGroups);
    aggregated = Document.of(AGGREGATED, this::writeAggregated);
    for (String group : MetricsVersion.groups()) {
      byGroup.put(group, Document.of(json -> writeGroup(json, group)));
    }
    for (MetricsVersion version : MetricsVersion.values()) {
      byVersion.put(version, Document.of(json -> writeResources(json, version)));
    }
  }

  /// Those of these resources that can be listed: names as paths have them, and not too many, for
  /// users write them.
  public static SortedSet<String> listable(Collection<String> resources) {
    SortedSet<String> listable = new TreeSet<>();
    for (String resource : new TreeSet<>(resources)) {
      boolean legal = RESOURCE.matcher(resource).matches() && !TAKEN.contains(resource);
      if (legal && listable.size() < MOST_SCALED) {
        listable.add(resource);
      }
    }
    return listable;
  }

  /// Whether it lists these resources of scale targets.
  public boolean lists(SortedSet<String> resources) {
    return scaled.equals(resources);
  }

  /// `GET /apis`, in either form.
  public Document groups(Form form) {
    return form == Form.AGGREGATED_DISCOVERY ? aggregated : groups;
  }

  /// `GET /apis/{group}`, empty where it is not ours.
  public Optional<Document> group(String group) {
    return Optional.ofNullable(byGroup.get(group));
  }

  /// `GET /apis/{group}/{version}`.
  public Document resources(MetricsVersion version) {
    return byVersion.getOrDefault(version, groups);
  }

  private void writeGroups(JsonGenerator json) throws IOException {
    json.writeStartObject();
    json.writeStringField("kind", "APIGroupList");
    json.writeStringField("apiVersion", "v1");
    json.writeArrayFieldStart("groups");
    for (String group : MetricsVersion.groups()) {
      json.writeStartObject();
      writeGroupFields(json, group);
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  private static void writeGroup(JsonGenerator json, String group) throws IOException {
    json.writeStartObject();
    json.writeStringField("kind", "APIGroup");
    json.writeStringField("apiVersion", "v1");
    writeGroupFields(json, group);
    json.writeEndObject();
  }

  private static void writeGroupFields(JsonGenerator json, String group) throws IOException {
    List<MetricsVersion> versions = MetricsVersion.in(group);
    json.writeStringField("name", group);
    json.writeArrayFieldStart("versions");
    for (MetricsVersion version : versions) {
      writeVersion(json, version);
    }
    json.writeEndArray();
    json.writeFieldName("preferredVersion");
    writeVersion(json, versions.getFirst());
  }

  private static void writeVersion(JsonGenerator json, MetricsVersion version) throws IOException {
    json.writeStartObject();
    json.writeStringField("groupVersion", version.groupVersion());
    json.writeStringField("version", version.version());
    json.writeEndObject();
  }

  private void writeResources(JsonGenerator json, MetricsVersion version) throws IOException {
    json.writeStartObject();
    json.writeStringField("kind", "APIResourceList");
    json.writeStringField("apiVersion", "v1");
    json.writeStringField("groupVersion", version.groupVersion());
    json.writeArrayFieldStart("resources");
    if (version.isCustom()) {
      for (Map.Entry<String, List<Signal>> resource : described().entrySet()) {
        for (Signal signal : resource.getValue()) {
          String name = resource.getKey() + "/" + signal.wireName();
          writeResource(json, name, version.listKind());
        }
      }
    } else {
      for (Signal signal : Signal.values()) {
        writeResource(json, signal.wireName(), kind(signal));
      }
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  /// The resources that custom metrics describe, with the metrics of each.
  private Map<String, List<Signal>> described() {
    List<Signal> all = List.of(Signal.values());
    Map<String, List<Signal>> described = new LinkedHashMap<>();
    described.put(PODS, all.stream().filter(Signal::hasPods).toList());
    described.put(MODEL_POOLS, all);
    scaled.forEach(resource -> described.put(resource, all));
    return described;
  }

  /// A kind of its own, such as `InferenceTokensInFlight`. Clients go from a resource to its kind
  /// and back: of metrics that share one, `kubectl get` would always read the same.
  private static String kind(Signal signal) {
    StringBuilder kind = new StringBuilder();
    for (String word : signal.wireName().split("_", -1)) {
      kind.append(word.substring(0, 1).toUpperCase(Locale.ROOT)).append(word.substring(1));
    }
    return kind.toString();
  }

  private static void writeResource(JsonGenerator json, String name, String kind)
      throws IOException {
    json.writeStartObject();
    json.writeStringField("name", name);
    json.writeStringField("singularName", "");
    json.writeBooleanField("namespaced", true);
    json.writeStringField("kind", kind);
    writeVerbs(json);
    json.writeEndObject();
  }

  private void writeAggregated(JsonGenerator json) throws IOException {
    json.writeStartObject();
    json.writeStringField("kind", "APIGroupDiscoveryList");
    json.writeStringField("apiVersion", "apidiscovery.k8s.io/v2");
    json.writeObjectFieldStart("metadata");
    json.writeEndObject();
    json.writeArrayFieldStart("items");
    for (String group : MetricsVersion.groups()) {
      json.writeStartObject();
      json.writeObjectFieldStart("metadata");
      json.writeStringField("name", group);
      json.writeNullField("creationTimestamp");
      json.writeEndObject();
      json.writeArrayFieldStart("versions");
      for (MetricsVersion version : MetricsVersion.in(group)) {
        writeAggregatedVersion(json, version);
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  private void writeAggregatedVersion(JsonGenerator json, MetricsVersion version)
      throws IOException {
    json.writeStartObject();
    json.writeStringField("version", version.version());
    json.writeStringField("freshness", "Current");
    json.writeArrayFieldStart("resources");
    if (version.isCustom()) {
      for (Map.Entry<String, List<Signal>> resource : described().entrySet()) {
        writeAggregatedParent(json, resource.getKey(), resource.getValue(), version);
      }
    } else {
      for (Signal signal : Signal.values()) {
        json.writeStartObject();
        json.writeStringField("resource", signal.wireName());
        writeResponseKind(json, kind(signal));
        json.writeStringField("scope", "Namespaced");
        json.writeStringField("singularResource", "");
        writeVerbs(json);
        json.writeEndObject();
      }
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  /// A resource that exists here only as the parent of its metrics: it has no kind and no verbs.
  private static void writeAggregatedParent(
      JsonGenerator json, String resource, List<Signal> metrics, MetricsVersion version)
      throws IOException {
    json.writeStartObject();
    json.writeStringField("resource", resource);
    writeResponseKind(json, "");
    json.writeStringField("scope", "Namespaced");
    json.writeStringField("singularResource", "");
    json.writeArrayFieldStart("verbs");
    json.writeEndArray();
    json.writeArrayFieldStart("subresources");
    for (Signal signal : metrics) {
      json.writeStartObject();
      json.writeStringField("subresource", signal.wireName());
      writeResponseKind(json, version.listKind());
      writeVerbs(json);
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  /// Some clients crash where this object is absent.
  private static void writeResponseKind(JsonGenerator json, String kind) throws IOException {
    json.writeObjectFieldStart("responseKind");
    json.writeStringField("group", "");
    json.writeStringField("version", "");
    json.writeStringField("kind", kind);
    json.writeEndObject();
  }

  private static void writeVerbs(JsonGenerator json) throws IOException {
    json.writeArrayFieldStart("verbs");
    json.writeString("get");
    json.writeEndArray();
  }
}
