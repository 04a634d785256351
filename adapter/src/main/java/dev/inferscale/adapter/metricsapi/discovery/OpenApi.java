package dev.inferscale.adapter.metricsapi.discovery;

import dev.inferscale.adapter.metricsapi.encoding.MetricsVersion;
import dev.inferscale.signals.profile.Signal;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/// The smallest OpenAPI documents that keep an API server content, which logs an error and asks
/// again and again where they are missing, and that let `kubectl explain` say what a metric is: it
/// looks for a path with the metric's own name, and for the schema of the kind that the path names.
public final class OpenApi {
  private static final String PARAMETER =
      "{\"name\":\"%s\",\"in\":\"%s\",\"required\":%s,\"schema\":{\"type\":\"string\"}}";

  private final Document v2;
  private final Document v3;
  private final Map<MetricsVersion, Document> byVersion = new EnumMap<>(MetricsVersion.class);

  /// @param version of this program, without characters that JSON escapes
  public OpenApi(String version) {
    v2 = Document.ofJson(swagger(version));
    for (MetricsVersion each : MetricsVersion.values()) {
      byVersion.put(each, Document.ofJson(document(version, each)));
    }
    v3 = Document.ofJson(index());
  }

  /// `GET /openapi/v2`.
  public Document v2() {
    return v2;
  }

  /// `GET /openapi/v3`.
  public Document v3() {
    return v3;
  }

  /// `GET /openapi/v3/apis/{group}/{version}`.
  public Document of(MetricsVersion version) {
    return byVersion.getOrDefault(version, v3);
  }

  private String index() {
    return Arrays.stream(MetricsVersion.values())
        .map(each ->
            "\"apis/%1$s\":{\"serverRelativeURL\":\"/openapi/v3/apis/%1$s?hash=%2$s\"}"
                .formatted(each.groupVersion(), of(each).hash()))
        .collect(Collectors.joining(",", "{\"paths\":{", "}}\n"));
  }

  /// Swagger 2.0, of which API servers keep a merged copy in memory: one path for each form.
  private static String swagger(String version) {
    String paths =
        Arrays.stream(MetricsVersion.values())
            .map(OpenApi::swaggerPath)
            .collect(Collectors.joining(","));
    String definitions =
        Arrays.stream(MetricsVersion.values())
            .map(each -> schemas(each, "#/definitions/"))
            .collect(Collectors.joining(","));
    return """
    {"swagger":"2.0","info":{"title":"Inferscale metrics API","version":"%s"},\
    "paths":{%s},"definitions":{%s}}
    """
        .formatted(version, paths, definitions);
  }

  private static String swaggerPath(MetricsVersion version) {
    String parameters =
        parameters(version)
            .replaceAll(",\"schema\":\\{\"type\":\"string\"}", ",\"type\":\"string\"");
    return """
    "/apis/%s/namespaces/{namespace}/%s":{"get":{"operationId":"read%s",\
    "description":"%s","produces":["application/json"],"parameters":[%s],\
    "responses":{"200":{"description":"OK","schema":{"$ref":"#/definitions/%s"}}}}}\
    """
        .formatted(
            version.groupVersion(),
            rest(version),
            operation(version),
            about(version),
            parameters,
            schema(version, version.listKind()));
  }

  private static String document(String programVersion, MetricsVersion version) {
    String paths =
        version.isCustom()
            ? path(version, rest(version), "")
            : Arrays.stream(Signal.values())
                .map(signal -> path(version, signal.wireName(), signal.wireName()))
                .collect(Collectors.joining(","));
    return """
    {"openapi":"3.0.0","info":{"title":"Inferscale metrics API","version":"%s"},\
    "paths":{%s},"components":{"schemas":{%s}}}
    """
        .formatted(programVersion, paths, schemas(version, "#/components/schemas/"));
  }

  /// @param metric whose path it is, empty where the path has it as a parameter
  private static String path(MetricsVersion version, String rest, String metric) {
    String parameters =
        metric.isEmpty()
            ? parameters(version)
            : PARAMETER.formatted("namespace", "path", true)
                + ","
                + PARAMETER.formatted("labelSelector", "query", false);
    return """
    "/apis/%s/namespaces/{namespace}/%s":{"get":{"operationId":"read%s",\
    "description":"%s","parameters":[%s],\
    "responses":{"200":{"description":"OK","content":{"application/json":{"schema":{\
    "$ref":"#/components/schemas/%s"}}}}},\
    "x-kubernetes-action":"get","x-kubernetes-group-version-kind":%s}}\
    """
        .formatted(
            version.groupVersion(),
            rest,
            operation(version) + metric,
            about(version),
            parameters,
            schema(version, version.listKind()),
            kind(version));
  }

  private static String rest(MetricsVersion version) {
    return version.isCustom() ? "{resource}/{name}/{metric}" : "{metric}";
  }

  private static String operation(MetricsVersion version) {
    String api = version.isCustom() ? "Custom" : "External";
    return api + version.version().toUpperCase(Locale.ROOT);
  }

  private static String about(MetricsVersion version) {
    return version.isCustom()
        ? "the values of a metric of pods, ModelPools or what their autoscalers scale"
        : "the values of a metric, an item per pool";
  }

  private static String parameters(MetricsVersion version) {
    String path =
        version.isCustom()
            ? PARAMETER.formatted("resource", "path", true)
                + ","
                + PARAMETER.formatted("name", "path", true)
                + ","
                + PARAMETER.formatted("metricLabelSelector", "query", false)
                + ","
            : "";
    return PARAMETER.formatted("namespace", "path", true)
        + ","
        + path
        + PARAMETER.formatted("metric", "path", true)
        + ","
        + PARAMETER.formatted("labelSelector", "query", false);
  }

  private static String schema(MetricsVersion version, String kind) {
    String api = version.isCustom() ? "custom" : "external";
    return "io.k8s.%s.metrics.%s.%s".formatted(api, version.version(), kind);
  }

  private static String kind(MetricsVersion version) {
    return "{\"group\":\"%s\",\"kind\":\"%s\",\"version\":\"%s\"}"
        .formatted(version.group(), version.listKind(), version.version());
  }

  private static String schemas(MetricsVersion version, String base) {
    return """
    "%1$s":{"description":"%5$s","type":"object","properties":{\
    "apiVersion":{"description":"Group and version.","type":"string"},\
    "kind":{"description":"%6$s.","type":"string"},\
    "metadata":{"description":"Always empty: a list of values has no version.","type":"object"},\
    "items":{"description":"The values, at least one.","type":"array",\
    "items":{"$ref":"%3$s%2$s"}}},\
    "x-kubernetes-group-version-kind":[%4$s]},\
    "%2$s":{"description":"One value.","type":"object","properties":{%7$s,\
    "timestamp":{"description":"When it was true, in UTC.","type":"string","format":"date-time"},\
    "value":{"description":"A Kubernetes quantity: 1500m is 1.5.","type":"string"}}}\
    """
        .formatted(
            schema(version, version.listKind()),
            schema(version, version.itemKind()),
            base,
            kind(version),
            "A list of values of one metric.",
            version.listKind(),
            identity(version));
  }

  /// The fields in which the three kinds of items differ.
  private static String identity(MetricsVersion version) {
    String window = field("integer", "Over which it was computed, in seconds.");
    String name = field("string", "Name of the metric.");
    String labels = field("object", "Labels of the pool, such as pool and model.");
    String object = "\"describedObject\":" + field("object", "What the value describes.");
    String selector = field("object", "The metricLabelSelector of the request.");
    return switch (version) {
      case EXTERNAL_V1BETA1 ->
          "\"metricName\":%s,\"metricLabels\":%s,\"window\":%s".formatted(name, labels, window);
      case CUSTOM_V1BETA1 ->
          "%s,\"metricName\":%s,\"window\":%s,\"selector\":%s"
              .formatted(object, name, window, selector);
      case CUSTOM_V1BETA2 ->
          """
          %s,"metric":{"type":"object","properties":{"name":%s,"selector":%s}},\
          "windowSeconds":%s\
          """
              .formatted(object, name, selector, window);
    };
  }

  private static String field(String type, String description) {
    return "{\"description\":\"%s\",\"type\":\"%s\"}".formatted(description, type);
  }
}
