package dev.inferscale.adapter.metricsapi;

import dev.inferscale.adapter.wire.Negotiation;
import dev.inferscale.adapter.wire.Negotiation.Form;
import dev.inferscale.adapter.wire.Page;
import dev.inferscale.adapter.wire.Reply;
import dev.inferscale.adapter.wire.Request;
import dev.inferscale.adapter.wire.Surface;
import java.util.List;
import java.util.Optional;

/// Everything that the HTTPS server answers: finds who answers a path. Pure; safe for any number of
/// threads.
public final class MetricsApi {
  private static final String NOT_ACCEPTABLE =
      "only the following media types are accepted: application/json";

  private final Discovery discovery = new Discovery();
  private final OpenApi openApi;
  private final Document version;

  /// @param version of this program, such as `0.1.0`
  public MetricsApi(String version) {
    openApi = new OpenApi(version);
    this.version = versionDocument(version);
  }

  /// Answers one request from one view; never throws for anything a caller sends.
  public Reply answer(Request request, View view) {
    if (!request.reads()) {
      return Reply.of(
          Surface.OTHER,
          Status.METHOD_NOT_ALLOWED.page(
              "this server only reads: use GET on " + request.shownPath()));
    }
    return switch (request.segment(0)) {
      case "apis" -> apis(request, view);
      case "openapi" -> openApi(request);
      case "version" ->
          request.path().size() == 1 ? negotiated(version, request) : notFound(request);
      case "healthz", "livez", "readyz" -> health(request, view);
      default -> notFound(request);
    };
  }

  private Reply apis(Request request, View view) {
    List<String> path = request.path();
    if (path.size() == 1) {
      Optional<Form> form = Negotiation.choose(request.accept(), true);
      return form.isPresent()
          ? discovery.groups(form.get()).answer(Surface.DISCOVERY, request)
          : Reply.of(Surface.DISCOVERY, Status.NOT_ACCEPTABLE.page(NOT_ACCEPTABLE));
    }
    if (!path.get(1).equals(ExternalMetrics.GROUP)) {
      return notFound(request);
    }
    if (path.size() == 2) {
      return negotiated(discovery.group(), request);
    }
    if (!path.get(2).equals("v1beta1")) {
      return notFound(request);
    }
    return path.size() == 3 ? negotiated(discovery.resources(), request) : metric(request, view);
  }

  private static Reply metric(Request request, View view) {
    List<String> path = request.path();
    if (path.size() != 6 || !path.get(3).equals("namespaces")) {
      return Reply.of(
          Surface.EXTERNAL_METRICS,
          Status.NOT_FOUND.page(
              "external metrics are read at /apis/"
                  + ExternalMetrics.GROUP_VERSION
                  + "/namespaces/NAMESPACE/METRIC, not at "
                  + request.shownPath()));
    }
    Page page =
        Negotiation.choose(request.accept(), false).isPresent()
            ? ExternalMetrics.answer(request, path.get(4), path.get(5), view)
            : Status.NOT_ACCEPTABLE.page(NOT_ACCEPTABLE);
    return Reply.of(Surface.EXTERNAL_METRICS, page);
  }

  private Reply openApi(Request request) {
    return switch (String.join("/", request.path())) {
      case "openapi/v2" -> negotiated(openApi.v2(), Surface.OPENAPI, request);
      case "openapi/v3" -> negotiated(openApi.v3(), Surface.OPENAPI, request);
      case "openapi/v3/apis/" + ExternalMetrics.GROUP_VERSION ->
          negotiated(openApi.groupVersion(), Surface.OPENAPI, request);
      default -> notFound(request);
    };
  }

  private static Reply health(Request request, View view) {
    if (request.path().size() > 2) {
      return notFound(request);
    }
    Page page = Health.answer(request.segment(0), request.segment(1), request.query(), view);
    return Reply.of(Surface.HEALTH, page);
  }

  private static Reply negotiated(Document document, Request request) {
    return negotiated(document, Surface.DISCOVERY, request);
  }

  private static Reply negotiated(Document document, Surface surface, Request request) {
    return Negotiation.choose(request.accept(), false).isPresent()
        ? document.answer(surface, request)
        : Reply.of(surface, Status.NOT_ACCEPTABLE.page(NOT_ACCEPTABLE));
  }

  private static Reply notFound(Request request) {
    return Reply.of(
        Surface.OTHER,
        Status.NOT_FOUND.page("there is nothing at " + request.shownPath() + "; start at /apis"));
  }

  private static Document versionDocument(String version) {
    String[] parts = version.split("[.-]", -1);
    return Document.of(json -> {
      json.writeStartObject();
      json.writeStringField("major", parts[0]);
      json.writeStringField("minor", parts.length > 1 ? parts[1] : "");
      json.writeStringField("gitVersion", "v" + version);
      for (String unknown : List.of("gitCommit", "gitTreeState", "buildDate", "goVersion")) {
        json.writeStringField(unknown, "");
      }
      json.writeStringField("compiler", "javac");
      json.writeStringField("platform", "");
      json.writeEndObject();
    });
  }
}
