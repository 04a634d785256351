package dev.inferscale.app.operate;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import dev.inferscale.app.hpa.Explanation.Sight;
import dev.inferscale.app.hpa.Explanation.Standing;
import dev.inferscale.app.hpa.Hpa;
import dev.inferscale.app.hpa.Hpa.Metric;
import dev.inferscale.app.hpa.HpaReader;
import dev.inferscale.app.hpa.Measured;
import dev.inferscale.app.hpa.Read;
import dev.inferscale.app.operate.ClusterAccess.Cluster;
import dev.inferscale.app.operate.ClusterAccess.Reply;
import dev.inferscale.signals.discover.ResourceNames;
import dev.inferscale.signals.kube.ApiFault;
import dev.inferscale.signals.pool.ModelPool.ScaleTarget;
import dev.inferscale.signals.profile.Signal;
import java.net.URLEncoder;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// Looks at a cluster with an HPA's eyes: the same requests that the controller sends.
final class HpaSight {
  private static final String POOL = "pool=";
  private static final String CUSTOM = "/apis/custom.metrics.k8s.io/v1beta2/namespaces/";

  private final Cluster cluster;
  private final ResourceNames names;

  HpaSight(Cluster cluster) {
    this.cluster = cluster;
    this.names = new ResourceNames(cluster.server(), InstantSource.system());
  }

  /// The HPAs of a namespace.
  List<Hpa> all(String namespace) throws CommandFault, InterruptedException {
    List<Hpa> hpas = new ArrayList<>();
    for (JsonNode item :
        cluster.items(
            "/apis/autoscaling/v2/namespaces/"
                + encoded(namespace)
                + "/horizontalpodautoscalers?limit=500")) {
      hpas.add(HpaReader.read(item));
    }
    return hpas;
  }

  /// One of them.
  Hpa one(String namespace, String name) throws CommandFault, InterruptedException {
    Reply reply =
        cluster.get(
            "/apis/autoscaling/v2/namespaces/"
                + encoded(namespace)
                + "/horizontalpodautoscalers/"
                + encoded(name));
    if (!reply.good()) {
      throw new CommandFault("hpa/" + namespace + "/" + name + ": " + reply.fault());
    }
    return HpaReader.read(reply.body());
  }

  /// The scale target, and how many of its pods are ready.
  ///
  /// @param selector of its pods
  record Target(Standing standing, String selector) {}

  Target target(Hpa hpa) throws CommandFault, InterruptedException {
    Hpa.Workload workload = hpa.target();
    ScaleTarget scaled = new ScaleTarget(workload.apiVersion(), workload.kind(), workload.name());
    String path;
    try {
      path = names.path(hpa.namespace(), scaled) + "/scale";
    } catch (ApiFault e) {
      throw new CommandFault(workload + " of hpa/" + hpa.id() + ": " + e.sentence());
    }
    Reply scale = cluster.get(path);
    if (!scale.good()) {
      throw new CommandFault(workload + " of hpa/" + hpa.id() + ": " + scale.fault());
    }
    String selector = scale.body().path("status").path("selector").asText("");
    int ready = 0;
    for (JsonNode pod :
        cluster.items(
            "/api/v1/namespaces/"
                + encoded(hpa.namespace())
                + "/pods?labelSelector="
                + encoded(selector))) {
      ready += isReady(pod) ? 1 : 0;
    }
    return new Target(
        new Standing(
            scale.body().path("spec").path("replicas").asInt(),
            scale.body().path("status").path("replicas").asInt(),
            ready),
        selector);
  }

  private static boolean isReady(JsonNode pod) {
    if (!pod.path("status").path("phase").asText().equals("Running")
        || pod.path("metadata").has("deletionTimestamp")) {
      return false;
    }
    for (JsonNode condition : pod.path("status").path("conditions")) {
      if (condition.path("type").asText().equals("Ready")) {
        return condition.path("status").asText().equals("True");
      }
    }
    return false;
  }

  /// What the controller would read for one metric.
  Read read(Hpa hpa, Metric metric, Target target) throws InterruptedException {
    String namespace = encoded(hpa.namespace());
    return switch (metric.source()) {
      case EXTERNAL ->
          values(
              "/apis/external.metrics.k8s.io/v1beta1/namespaces/"
                  + namespace
                  + "/"
                  + encoded(metric.name().toLowerCase(Locale.ROOT))
                  + query(new Parameter("labelSelector", metric.selector())));
      case PODS ->
          values(
              CUSTOM
                  + namespace
                  + "/pods/%2A/"
                  + encoded(metric.name())
                  + query(
                      new Parameter("labelSelector", target.selector()),
                      new Parameter("metricLabelSelector", metric.selector())));
      case OBJECT -> object(hpa, metric);
      case OTHER -> new Read.Unread();
    };
  }

  /// What describes an object: we serve a pool, as itself and as its scale target; of others the
  /// name in paths is not known here.
  private Read object(Hpa hpa, Metric metric) throws InterruptedException {
    Hpa.Workload workload = hpa.target();
    String kind = metric.object().substring(0, metric.object().indexOf('/'));
    String name = metric.object().substring(kind.length() + 1);
    try {
      String resource =
          kind.equals("ModelPool")
              ? "modelpools.inferscale.dev"
              : kind.equals(workload.kind()) ? scaled(hpa) : "";
      return resource.isEmpty()
          ? new Read.Unread()
          : values(
              CUSTOM
                  + encoded(hpa.namespace())
                  + "/"
                  + resource
                  + "/"
                  + encoded(name)
                  + "/"
                  + encoded(metric.name())
                  + query(new Parameter("metricLabelSelector", metric.selector())));
    } catch (ApiFault e) {
      return new Read.Refused(workload + ": " + e.sentence());
    }
  }

  /// Such as `deployments.apps`.
  private String scaled(Hpa hpa) throws ApiFault, InterruptedException {
    Hpa.Workload workload = hpa.target();
    String path =
        names.path(
            hpa.namespace(),
            new ScaleTarget(workload.apiVersion(), workload.kind(), workload.name()));
    String[] parts = path.split("/", -1);
    String plural = parts[parts.length - 2];
    int slash = workload.apiVersion().indexOf('/');
    return slash < 0 ? plural : plural + "." + workload.apiVersion().substring(0, slash);
  }

  /// What bounds the targets of an HPA's metrics: the KV cache of the pool that they name, and
  /// whether its answers are held.
  record Bounds(Measured measured, boolean hold) {}

  Bounds bounds(Hpa hpa, Target target) throws InterruptedException {
    for (Metric metric : hpa.metrics()) {
      boolean external = metric.source() == Hpa.Source.EXTERNAL;
      if (external && metric.selector().startsWith(POOL) && metric.selector().indexOf(',') < 0) {
        return bounds(hpa, target, metric.selector());
      }
    }
    return new Bounds(Measured.UNKNOWN, false);
  }

  private Bounds bounds(Hpa hpa, Target target, String selector) throws InterruptedException {
    Metric capacity =
        new Metric(
            Hpa.Source.EXTERNAL, Signal.KV_CACHE_CAPACITY_TOKENS.wireName(), selector, "", null);
    Measured measured =
        read(hpa, capacity, target) instanceof Read.Items(List<Read.Item> items)
                && items.size() == 1
            ? new Measured(
                target.standing().ready(), OptionalDouble.of(items.getFirst().milli() / 1e3))
            : Measured.UNKNOWN;
    Reply pool =
        cluster.get(
            "/apis/inferscale.dev/v1alpha1/namespaces/"
                + encoded(hpa.namespace())
                + "/modelpools/"
                + encoded(selector.substring(POOL.length())));
    String answer = pool.body().path("spec").path("missing").path("answer").asText("");
    return new Bounds(measured, answer.equals("hold"));
  }

  Sight sight(Hpa hpa, Metric metric, Target target) throws InterruptedException {
    return new Sight(metric, read(hpa, metric, target), List.of());
  }

  private Read values(String path) throws InterruptedException {
    Reply reply = cluster.get(path);
    if (!reply.good()) {
      return new Read.Refused(reply.fault());
    }
    List<Read.Item> items = new ArrayList<>();
    for (JsonNode item : reply.body().path("items")) {
      String quantity = item.path("value").asText();
      Optional<Long> milli = HpaReader.milli(quantity);
      if (milli.isEmpty()) {
        return new Read.Refused(
            "the value '" + quantity + "' is no quantity that the controller can read");
      }
      items.add(new Read.Item(what(item), quantity, milli.get()));
    }
    return new Read.Items(items);
  }

  private static String what(JsonNode item) {
    JsonNode object = item.path("describedObject");
    if (!object.isMissingNode()) {
      return object.path("kind").asText() + "/" + object.path("name").asText();
    }
    Map<String, String> labels = new TreeMap<>();
    for (Map.Entry<String, JsonNode> label : item.path("metricLabels").properties()) {
      labels.put(label.getKey(), label.getKey() + "=" + label.getValue().asText());
    }
    return String.join(",", labels.values());
  }

  private record Parameter(String key, String value) {}

  /// Of those that have a value; an HPA without a selector sends none.
  private static String query(Parameter... parameters) {
    String query =
        Arrays.stream(parameters)
            .filter(parameter -> !parameter.value().isEmpty())
            .map(parameter -> parameter.key() + "=" + encoded(parameter.value()))
            .collect(Collectors.joining("&"));
    return query.isEmpty() ? "" : "?" + query;
  }

  static String encoded(String text) {
    return URLEncoder.encode(text, UTF_8).replace("+", "%20");
  }
}
