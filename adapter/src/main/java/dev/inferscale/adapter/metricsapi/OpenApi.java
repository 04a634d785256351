package dev.inferscale.adapter.metricsapi;

import static dev.inferscale.adapter.metricsapi.ExternalMetrics.GROUP_VERSION;

/// The smallest OpenAPI documents that keep an API server content: where they are missing it logs
/// an error and asks again and again.
final class OpenApi {
  private static final String ITEM = "io.k8s.external.metrics.v1beta1.ExternalMetricValue";
  private static final String LIST = ITEM + "List";

  private final Document v2;
  private final Document v3;
  private final Document groupVersion;

  /// @param version of this program, without characters that JSON escapes
  OpenApi(String version) {
    v2 = Document.ofJson(swagger2(version));
    groupVersion = Document.ofJson(groupVersion3(version));
    v3 = Document.ofJson(index3(groupVersion.hash()));
  }

  /// `GET /openapi/v2`.
  Document v2() {
    return v2;
  }

  /// `GET /openapi/v3`.
  Document v3() {
    return v3;
  }

  /// `GET /openapi/v3/apis/external.metrics.k8s.io/v1beta1`.
  Document groupVersion() {
    return groupVersion;
  }

  private static String swagger2(String version) {
    return """
    {"swagger":"2.0","info":{"title":"Inferscale metrics API","version":"%s"},\
    "paths":{"/apis/%s/namespaces/{namespace}/{metric}":{"get":{\
    "operationId":"listExternalMetricValues",\
    "description":"the values of one external metric, an item per pool",\
    "produces":["application/json"],\
    "parameters":[\
    {"name":"namespace","in":"path","required":true,"type":"string"},\
    {"name":"metric","in":"path","required":true,"type":"string"},\
    {"name":"labelSelector","in":"query","type":"string"}],\
    "responses":{"200":{"description":"OK","schema":{"$ref":"#/definitions/%s"}}}}}},\
    "definitions":%s}
    """
        .formatted(version, GROUP_VERSION, LIST, schemas("#/definitions/"));
  }

  private static String groupVersion3(String version) {
    return """
    {"openapi":"3.0.0","info":{"title":"Inferscale metrics API","version":"%s"},\
    "paths":{"/apis/%s/namespaces/{namespace}/{metric}":{"get":{\
    "operationId":"listExternalMetricValues",\
    "description":"the values of one external metric, an item per pool",\
    "parameters":[\
    {"name":"namespace","in":"path","required":true,"schema":{"type":"string"}},\
    {"name":"metric","in":"path","required":true,"schema":{"type":"string"}},\
    {"name":"labelSelector","in":"query","schema":{"type":"string"}}],\
    "responses":{"200":{"description":"OK","content":{"application/json":{"schema":{\
    "$ref":"#/components/schemas/%s"}}}}}}}},\
    "components":{"schemas":%s}}
    """
        .formatted(version, GROUP_VERSION, LIST, schemas("#/components/schemas/"));
  }

  private static String index3(String hash) {
    return """
    {"paths":{"apis/%1$s":{"serverRelativeURL":"/openapi/v3/apis/%1$s?hash=%2$s"}}}
    """
        .formatted(GROUP_VERSION, hash);
  }

  private static String schemas(String base) {
    return """
    {"%1$s":{"type":"object","properties":{"metricName":{"type":"string"},\
    "metricLabels":{"type":"object","additionalProperties":{"type":"string"}},\
    "timestamp":{"type":"string"},"window":{"type":"integer"},"value":{"type":"string"}}},\
    "%2$s":{"type":"object","properties":{"kind":{"type":"string"},\
    "apiVersion":{"type":"string"},"metadata":{"type":"object"},\
    "items":{"type":"array","items":{"$ref":"%3$s%1$s"}}}}}\
    """
        .formatted(ITEM, LIST, base);
  }
}
