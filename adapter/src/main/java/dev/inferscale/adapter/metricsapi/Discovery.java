package dev.inferscale.adapter.metricsapi;

import static dev.inferscale.adapter.metricsapi.ExternalMetrics.GROUP;
import static dev.inferscale.adapter.metricsapi.ExternalMetrics.GROUP_VERSION;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.inferscale.adapter.wire.Negotiation.Form;
import dev.inferscale.signals.profile.Signal;
import java.io.IOException;

/// Which groups, versions and metrics there are. The list is the vocabulary, not what happens to
/// have a value now: names that came and went would empty the caches of every client.
final class Discovery {
  static final String AGGREGATED =
      "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

  private static final String VERSION = "v1beta1";
  private static final String LIST_KIND = "ExternalMetricValueList";

  private final Document groups = Document.of(Discovery::writeGroups);
  private final Document aggregated = Document.of(AGGREGATED, Discovery::writeAggregated);
  private final Document group = Document.of(Discovery::writeGroup);
  private final Document resources = Document.of(Discovery::writeResources);

  /// `GET /apis`, in either form.
  Document groups(Form form) {
    return switch (form) {
      case JSON -> groups;
      case AGGREGATED_DISCOVERY -> aggregated;
    };
  }

  /// `GET /apis/external.metrics.k8s.io`.
  Document group() {
    return group;
  }

  /// `GET /apis/external.metrics.k8s.io/v1beta1`.
  Document resources() {
    return resources;
  }

  private static void writeGroups(JsonGenerator json) throws IOException {
    json.writeStartObject();
    json.writeStringField("kind", "APIGroupList");
    json.writeStringField("apiVersion", "v1");
    json.writeArrayFieldStart("groups");
    json.writeStartObject();
    writeGroupFields(json);
    json.writeEndObject();
    json.writeEndArray();
    json.writeEndObject();
  }

  private static void writeGroup(JsonGenerator json) throws IOException {
    json.writeStartObject();
    json.writeStringField("kind", "APIGroup");
    json.writeStringField("apiVersion", "v1");
    writeGroupFields(json);
    json.writeEndObject();
  }

  private static void writeGroupFields(JsonGenerator json) throws IOException {
    json.writeStringField("name", GROUP);
    json.writeArrayFieldStart("versions");
    writeVersion(json);
    json.writeEndArray();
    json.writeFieldName("preferredVersion");
    writeVersion(json);
  }

  private static void writeVersion(JsonGenerator json) throws IOException {
    json.writeStartObject();
    json.writeStringField("groupVersion", GROUP_VERSION);
    json.writeStringField("version", VERSION);
    json.writeEndObject();
  }

  private static void writeResources(JsonGenerator json) throws IOException {
    json.writeStartObject();
    json.writeStringField("kind", "APIResourceList");
    json.writeStringField("apiVersion", "v1");
    json.writeStringField("groupVersion", GROUP_VERSION);
    json.writeArrayFieldStart("resources");
    for (Signal signal : Signal.values()) {
      json.writeStartObject();
      json.writeStringField("name", signal.wireName());
      json.writeStringField("singularName", "");
      json.writeBooleanField("namespaced", true);
      json.writeStringField("kind", LIST_KIND);
      writeVerbs(json);
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  private static void writeAggregated(JsonGenerator json) throws IOException {
    json.writeStartObject();
    json.writeStringField("kind", "APIGroupDiscoveryList");
    json.writeStringField("apiVersion", "apidiscovery.k8s.io/v2");
    json.writeObjectFieldStart("metadata");
    json.writeEndObject();
    json.writeArrayFieldStart("items");
    json.writeStartObject();
    json.writeObjectFieldStart("metadata");
    json.writeStringField("name", GROUP);
    json.writeNullField("creationTimestamp");
    json.writeEndObject();
    json.writeArrayFieldStart("versions");
    json.writeStartObject();
    json.writeStringField("version", VERSION);
    json.writeStringField("freshness", "Current");
    json.writeArrayFieldStart("resources");
    for (Signal signal : Signal.values()) {
      writeAggregatedResource(json, signal.wireName());
    }
    json.writeEndArray();
    json.writeEndObject();
    json.writeEndArray();
    json.writeEndObject();
    json.writeEndArray();
    json.writeEndObject();
  }

  private static void writeAggregatedResource(JsonGenerator json, String name) throws IOException {
    json.writeStartObject();
    json.writeStringField("resource", name);
    // Some clients crash where this object is absent.
    json.writeObjectFieldStart("responseKind");
    json.writeStringField("group", "");
    json.writeStringField("version", "");
    json.writeStringField("kind", LIST_KIND);
    json.writeEndObject();
    json.writeStringField("scope", "Namespaced");
    json.writeStringField("singularResource", "");
    writeVerbs(json);
    json.writeEndObject();
  }

  private static void writeVerbs(JsonGenerator json) throws IOException {
    json.writeArrayFieldStart("verbs");
    json.writeString("get");
    json.writeEndArray();
  }
}
