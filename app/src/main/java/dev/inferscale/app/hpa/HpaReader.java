package dev.inferscale.app.hpa;

import com.fasterxml.jackson.databind.JsonNode;
import dev.inferscale.app.hpa.Hpa.Behavior;
import dev.inferscale.app.hpa.Hpa.Goal;
import dev.inferscale.app.hpa.Hpa.Metric;
import dev.inferscale.app.hpa.Hpa.Policy;
import dev.inferscale.app.hpa.Hpa.Source;
import dev.inferscale.app.hpa.Hpa.Workload;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Reads HorizontalPodAutoscalers as the API server gives them (`autoscaling/v2`). The API server
/// has checked them, so what is missing is taken for what it defaults to.
public final class HpaReader {
  private HpaReader() {}

  /// One document.
  public static Hpa read(JsonNode document) {
    JsonNode metadata = document.path("metadata");
    JsonNode spec = document.path("spec");
    List<Metric> metrics = new ArrayList<>();
    spec.path("metrics").forEach(metric -> metrics.add(metric(metric)));
    return new Hpa(
        metadata.path("namespace").asText(""),
        metadata.path("name").asText(""),
        owner(metadata.path("ownerReferences")),
        workload(spec.path("scaleTargetRef")),
        spec.path("minReplicas").asInt(1),
        spec.path("maxReplicas").asInt(),
        metrics,
        behavior(spec.path("behavior").path("scaleUp")),
        behavior(spec.path("behavior").path("scaleDown")));
  }

  private static String owner(JsonNode references) {
    for (JsonNode reference : references) {
      if (reference.path("controller").asBoolean()) {
        return reference.path("kind").asText() + "/" + reference.path("name").asText();
      }
    }
    return "";
  }

  /// A reference to what is scaled.
  public static Workload workload(JsonNode reference) {
    return new Workload(
        reference.path("apiVersion").asText(""),
        reference.path("kind").asText(""),
        reference.path("name").asText(""));
  }

  private static Metric metric(JsonNode metric) {
    return switch (metric.path("type").asText()) {
      case "External" -> identified(Source.EXTERNAL, metric.path("external"), "");
      case "Pods" -> identified(Source.PODS, metric.path("pods"), "");
      case "Object" -> {
        JsonNode object = metric.path("object");
        JsonNode described = object.path("describedObject");
        yield identified(
            Source.OBJECT,
            object,
            described.path("kind").asText() + "/" + described.path("name").asText());
      }
      case "ContainerResource" -> other(metric.path("containerResource"));
      default -> other(metric.path("resource"));
    };
  }

  private static Metric other(JsonNode metric) {
    return new Metric(Source.OTHER, metric.path("name").asText(), "", "", null);
  }

  private static Metric identified(Source source, JsonNode metric, String object) {
    JsonNode identifier = metric.path("metric");
    return new Metric(
        source,
        identifier.path("name").asText(),
        selector(identifier.path("selector")),
        object,
        goal(metric.path("target")));
  }

  private static @Nullable Goal goal(JsonNode target) {
    boolean perReplica = target.has("averageValue");
    String text = target.path(perReplica ? "averageValue" : "value").asText("");
    return milli(text).map(milli -> new Goal(perReplica, milli)).orElse(null);
  }

  /// Thousandths, rounded up, as the controller's `MilliValue` gives them.
  public static Optional<Long> milli(String quantity) {
    return dev.inferscale.adapter.metricsapi.Quantity.parse(quantity)
        .map(parsed -> parsed.value().movePointRight(3).setScale(0, RoundingMode.CEILING))
        .filter(milli -> milli.abs().compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) <= 0)
        .map(BigDecimal::longValueExact);
  }

  /// A LabelSelector as one line, in the order in which Kubernetes prints it.
  static String selector(JsonNode selector) {
    Map<String, String> parts = new TreeMap<>();
    for (Map.Entry<String, JsonNode> label : selector.path("matchLabels").properties()) {
      parts.put(label.getKey(), label.getKey() + "=" + label.getValue().asText());
    }
    for (JsonNode expression : selector.path("matchExpressions")) {
      String key = expression.path("key").asText();
      List<String> values = new ArrayList<>();
      expression.path("values").forEach(value -> values.add(value.asText()));
      String list = " (" + String.join(",", values.stream().sorted().toList()) + ")";
      parts.put(
          key,
          switch (expression.path("operator").asText()) {
            case "In" -> key + " in" + list;
            case "NotIn" -> key + " notin" + list;
            case "DoesNotExist" -> "!" + key;
            default -> key;
          });
    }
    return String.join(",", parts.values());
  }

  private static Behavior behavior(JsonNode rules) {
    if (rules.isMissingNode() || rules.isNull()) {
      return Behavior.UNSAID;
    }
    List<Policy> policies = null;
    if (rules.has("policies")) {
      policies = new ArrayList<>();
      for (JsonNode policy : rules.path("policies")) {
        policies.add(
            new Policy(
                policy.path("type").asText().equals("Percent"),
                policy.path("value").asInt(),
                policy.path("periodSeconds").asInt()));
      }
    }
    JsonNode window = rules.path("stabilizationWindowSeconds");
    String select = rules.path("selectPolicy").asText("");
    return new Behavior(
        window.isInt() ? window.asInt() : null,
        milli(rules.path("tolerance").asText("")).map(milli -> milli / 1e3).orElse(null),
        policies,
        select.equals("Disabled"),
        select.equals("Min"));
  }
}
