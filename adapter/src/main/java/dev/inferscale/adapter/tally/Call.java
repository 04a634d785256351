package dev.inferscale.adapter.tally;

import dev.inferscale.adapter.wire.Request;

/// What a request does, in the words that an API server's own metrics have. Few and fixed, whatever
/// callers send: where they name things, the label says `*`.
public enum Call {
  EXTERNAL("LIST", "external.metrics.k8s.io", "v1beta1", "*", "", "namespace"),
  PODS_V1BETA2("GET", "custom.metrics.k8s.io", "v1beta2", "pods", "*", "resource"),
  MODEL_POOLS_V1BETA2("GET", "custom.metrics.k8s.io", "v1beta2", "modelpools", "*", "resource"),
  OBJECTS_V1BETA2("GET", "custom.metrics.k8s.io", "v1beta2", "*", "*", "resource"),
  PODS_V1BETA1("GET", "custom.metrics.k8s.io", "v1beta1", "pods", "*", "resource"),
  MODEL_POOLS_V1BETA1("GET", "custom.metrics.k8s.io", "v1beta1", "modelpools", "*", "resource"),
  OBJECTS_V1BETA1("GET", "custom.metrics.k8s.io", "v1beta1", "*", "*", "resource"),
  /// Discovery, health and every other path.
  NON_RESOURCE("GET", "", "", "", "", ""),
  /// Whatever does more than read; it is never done.
  CHANGE("other", "", "", "", "", "");

  private final String verb;
  private final String group;
  private final String version;
  private final String resource;
  private final String subresource;
  private final String scope;

  Call(
      String verb,
      String group,
      String version,
      String resource,
      String subresource,
      String scope) {
    this.verb = verb;
    this.group = group;
    this.version = version;
    this.resource = resource;
    this.subresource = subresource;
    this.scope = scope;
  }

  /// By method and path alone, so that it is known before the caller is.
  public static Call of(Request request) {
    if (!request.reads()) {
      return CHANGE;
    }
    if (request.path().size() < 4 || !request.segment(0).equals("apis")) {
      return NON_RESOURCE;
    }
    return switch (request.segment(1)) {
      case "external.metrics.k8s.io" ->
          request.segment(2).equals("v1beta1") ? EXTERNAL : NON_RESOURCE;
      case "custom.metrics.k8s.io" ->
          switch (request.segment(2)) {
            case "v1beta2" -> custom(request, PODS_V1BETA2, MODEL_POOLS_V1BETA2, OBJECTS_V1BETA2);
            case "v1beta1" -> custom(request, PODS_V1BETA1, MODEL_POOLS_V1BETA1, OBJECTS_V1BETA1);
            default -> NON_RESOURCE;
          };
      default -> NON_RESOURCE;
    };
  }

  private static Call custom(Request request, Call pods, Call pools, Call others) {
    return switch (request.segment(5)) {
      case "pods", "pod" -> pods;
      case "modelpools.inferscale.dev", "modelpool.inferscale.dev", "modelpools", "modelpool" ->
          pools;
      default -> others;
    };
  }

  public String verb() {
    return verb;
  }

  public String group() {
    return group;
  }

  public String version() {
    return version;
  }

  public String resource() {
    return resource;
  }

  /// Of a custom metric its name stands here.
  public String subresource() {
    return subresource;
  }

  /// `namespace` for a list, `resource` for an object that is named; empty for other paths.
  public String scope() {
    return scope;
  }
}
