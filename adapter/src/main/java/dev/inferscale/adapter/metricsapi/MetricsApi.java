package dev.inferscale.adapter.metricsapi;

import dev.inferscale.adapter.metricsapi.discovery.Discovery;
import dev.inferscale.adapter.metricsapi.discovery.Document;
import dev.inferscale.adapter.metricsapi.discovery.OpenApi;
import dev.inferscale.adapter.metricsapi.encoding.MetricValues;
import dev.inferscale.adapter.metricsapi.encoding.MetricsVersion;
import dev.inferscale.adapter.wire.JsonPage;
import dev.inferscale.adapter.wire.Negotiation;
import dev.inferscale.adapter.wire.Negotiation.Form;
import dev.inferscale.adapter.wire.Page;
import dev.inferscale.adapter.wire.Reply;
import dev.inferscale.adapter.wire.Request;
import dev.inferscale.adapter.wire.Surface;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/// Everything that the HTTPS server answers: finds who answers a path. Pure; safe for any number of
/// threads.
public final class MetricsApi {
  private static final Set<Form> JSON = Set.of(Form.JSON);
  private static final Set<Form> GROUPS = Set.of(Form.JSON, Form.AGGREGATED_DISCOVERY);
  private static final Set<Form> VALUES =
      Set.of(Form.JSON, Form.PROTOBUF, Form.TABLE_V1, Form.TABLE_V1BETA1);
  private static final String NOT_ACCEPTABLE =
      "only the following media types are accepted: " + JsonPage.MEDIA_TYPE;

  private final OpenApi openApi;
  private final Document version;

  private final Served served;

  /// The documents rendered last. Any thread may replace them by those of the snapshot it has.
  private volatile Discovery discovery = new Discovery(new TreeSet<>());

  /// Is told what was served.
  @FunctionalInterface
  public interface Served {
    /// One value, in an answer of that version.
    ///
    /// @param age of the value when it was read
    void value(MetricsVersion version, Duration age);
  }

  /// @param version of this program, such as `0.1.0`
  public MetricsApi(String version) {
    this(version, (_, _) -> {});
  }

  /// @param version of this program, such as `0.1.0`
  /// @param served is told of each value, on the thread that answers
  public MetricsApi(String version, Served served) {
    openApi = new OpenApi(version);
    this.version = versionDocument(version);
    this.served = served;
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
          request.path().size() == 1
              ? negotiated(version, Surface.DISCOVERY, request)
              : notFound(request);
      case "healthz", "livez", "readyz" -> health(request, view);
      default -> notFound(request);
    };
  }

  private Reply apis(Request request, View view) {
    List<String> path = request.path();
    if (path.size() == 1) {
      Optional<Form> form = Negotiation.choose(request.accept(), GROUPS);
      return form.isPresent()
          ? discovery(view).groups(form.get()).answer(Surface.DISCOVERY, request)
          : Reply.of(Surface.DISCOVERY, Status.NOT_ACCEPTABLE.page(NOT_ACCEPTABLE));
    }
    if (path.size() == 2) {
      return discovery(view)
          .group(path.get(1))
          .map(document -> negotiated(document, Surface.DISCOVERY, request))
          .orElseGet(() -> notFound(request));
    }
    Optional<MetricsVersion> asked = MetricsVersion.of(path.get(1), path.get(2));
    if (asked.isEmpty()) {
      return notFound(request);
    }
    return path.size() == 3
        ? negotiated(discovery(view).resources(asked.get()), Surface.DISCOVERY, request)
        : metric(request, asked.get(), view);
  }

  /// What is listed depends on what the pools of now scale.
  private Discovery discovery(View view) {
    SortedSet<String> scaled = Discovery.listable(view.scaledResources());
    Discovery latest = discovery;
    if (!latest.lists(scaled)) {
      latest = new Discovery(scaled);
      discovery = latest;
    }
    return latest;
  }

  private Reply metric(Request request, MetricsVersion version, View view) {
    Surface surface = version.isCustom() ? Surface.CUSTOM_METRICS : Surface.EXTERNAL_METRICS;
    Optional<Form> form = Negotiation.choose(request.accept(), VALUES);
    if (form.isEmpty()) {
      return Reply.of(
          surface, Status.NOT_ACCEPTABLE.page(NOT_ACCEPTABLE + ", " + Negotiation.PROTOBUF_TYPE));
    }
    Finding finding =
        version.isCustom() ? CustomMetrics.answer(request, version, view) : external(request, view);
    if (finding instanceof Finding.Found(MetricValues values)) {
      for (MetricValues.Item item : values.items()) {
        served.value(version, item.value().age());
      }
    }
    return Reply.of(surface, finding.page(form.get(), request.wantsIndentation()));
  }

  private static Finding external(Request request, View view) {
    List<String> path = request.path();
    return path.size() == 6 && path.get(3).equals("namespaces")
        ? ExternalMetrics.answer(request, path.get(4), path.get(5), view)
        : new Finding.Refusal(
            Status.NOT_FOUND,
            "external metrics are read at /apis/"
                + MetricsVersion.EXTERNAL_V1BETA1.groupVersion()
                + "/namespaces/NAMESPACE/METRIC, not at "
                + request.shownPath());
  }

  private Reply openApi(Request request) {
    List<String> path = request.path();
    return switch (String.join("/", path)) {
      case "openapi/v2" -> negotiated(openApi.v2(), Surface.OPENAPI, request);
      case "openapi/v3" -> negotiated(openApi.v3(), Surface.OPENAPI, request);
      default ->
          path.size() == 5 && path.get(1).equals("v3") && path.get(2).equals("apis")
              ? MetricsVersion.of(path.get(3), path.get(4))
                  .map(asked -> openApi(openApi.of(asked), request))
                  .orElseGet(() -> notFound(request))
              : notFound(request);
    };
  }

  /// With the hash that the index names, the document may be kept for ever. With an old one it is
  /// the present document, and not a redirect, since aggregators pass none on.
  private static Reply openApi(Document document, Request request) {
    Reply reply = negotiated(document, Surface.OPENAPI, request);
    boolean named = request.query().first("hash").equals(document.hash());
    return named && reply.page().status() < 400 ? reply.forGood() : reply;
  }

  private static Reply health(Request request, View view) {
    if (request.path().size() > 2) {
      return notFound(request);
    }
    Page page = Health.answer(request.segment(0), request.segment(1), request.query(), view);
    return Reply.of(Surface.HEALTH, page);
  }

  private static Reply negotiated(Document document, Surface surface, Request request) {
    return Negotiation.choose(request.accept(), JSON).isPresent()
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
