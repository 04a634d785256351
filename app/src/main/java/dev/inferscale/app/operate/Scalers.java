package dev.inferscale.app.operate;

import com.fasterxml.jackson.databind.JsonNode;
import dev.inferscale.app.hpa.Findings.Scaler;
import dev.inferscale.app.hpa.Hpa.Workload;
import dev.inferscale.app.operate.ClusterAccess.Cluster;
import dev.inferscale.app.operate.ClusterAccess.Reply;
import dev.inferscale.app.scaledobject.PoolFacts;
import dev.inferscale.app.scaledobject.ScaledDocument;
import dev.inferscale.app.scaledobject.ScaledFindings;
import dev.inferscale.app.scaledobject.Warning;
import dev.inferscale.signals.pool.ModelPool;
import dev.inferscale.signals.pool.ModelPoolResource;
import dev.inferscale.signals.pool.PoolId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/// What else scales workloads of a namespace: KEDA's ScaledObjects and ScaledJobs. None where the
/// cluster has no KEDA, or they may not be read.
final class Scalers {
  private static final String API = "/apis/keda.sh/v1alpha1/namespaces/";

  private final Cluster cluster;
  private final String namespace;
  private final List<JsonNode> objects;
  private final List<JsonNode> jobs;

  private Scalers(Cluster cluster, String namespace, List<JsonNode> objects, List<JsonNode> jobs) {
    this.cluster = cluster;
    this.namespace = namespace;
    this.objects = objects;
    this.jobs = jobs;
  }

  /// Reads them all.
  static Scalers of(Cluster cluster, String namespace) throws InterruptedException {
    return new Scalers(
        cluster,
        namespace,
        items(cluster, namespace, "scaledobjects"),
        items(cluster, namespace, "scaledjobs"));
  }

  private static List<JsonNode> items(Cluster cluster, String namespace, String resource)
      throws InterruptedException {
    Reply reply = cluster.get(API + HpaSight.encoded(namespace) + "/" + resource + "?limit=500");
    List<JsonNode> items = new ArrayList<>();
    reply.body().path("items").forEach(items::add);
    return items;
  }

  /// Those that scale a workload.
  List<Scaler> owners() {
    List<Scaler> scalers = new ArrayList<>();
    for (JsonNode item : objects) {
      JsonNode target = item.path("spec").path("scaleTargetRef");
      scalers.add(
          new Scaler(
              "ScaledObject",
              item.path("metadata").path("name").asText(),
              // Both default so (KEDA's ScaledObject).
              new Workload(
                  target.path("apiVersion").asText("apps/v1"),
                  target.path("kind").asText("Deployment"),
                  target.path("name").asText())));
    }
    return scalers;
  }

  /// What is to be said of those that ask us.
  ///
  /// @param pools the ModelPools of the namespace
  List<Step> steps(JsonNode pools) throws InterruptedException {
    Map<PoolId, PoolFacts> facts = new HashMap<>();
    pools.forEach(pool -> facts(pool, facts));
    List<Step> steps = new ArrayList<>();
    Set<DialTarget> dialled = new LinkedHashSet<>();
    for (List<JsonNode> each : List.of(objects, jobs)) {
      for (JsonNode item : each) {
        ScaledDocument document = ScaledDocument.read(item);
        if (document.triggers().isEmpty()) {
          continue;
        }
        document.triggers().stream()
            .flatMap(trigger -> DialTarget.of(trigger.address()).stream())
            .forEach(dialled::add);
        List<Warning> warnings = ScaledFindings.of(document, facts, false);
        if (warnings.isEmpty()) {
          steps.add(Step.fine(document.subject(), "its triggers fit their pools"));
        }
        for (Warning warning : warnings) {
          steps.add(
              warning.grave()
                  ? Step.wrong(warning.subject(), warning.sentence())
                  : Step.note(warning.subject(), warning.sentence()));
        }
      }
    }
    for (DialTarget service : dialled) {
      reachable(steps, service);
    }
    return steps;
  }

  private static void facts(JsonNode document, Map<PoolId, PoolFacts> facts) {
    // A profile of the plane's own is not known here, and is no fault.
    List<String> engine = List.of(document.path("spec").path("engine").asText("auto"));
    ModelPool pool = ModelPoolResource.read(document, engine, _ -> true).pool();
    if (pool != null) {
      JsonNode running = document.path("status").path("replicas").path("current");
      facts.put(
          pool.id(),
          new PoolFacts(
              pool.capacity(),
              running.isInt() ? OptionalInt.of(running.asInt()) : OptionalInt.empty()));
    }
  }

  /// KEDA's fallback never begins while its scaler cannot be reached at all (kedacore/keda#8056),
  /// and it spreads its questions only over what a name resolves to.
  private void reachable(List<Step> steps, DialTarget dialled) throws InterruptedException {
    String subject = "service/" + dialled.namespace() + "/" + dialled.name();
    String services = "/api/v1/namespaces/" + HpaSight.encoded(dialled.namespace()) + "/services/";
    Reply service = cluster.get(services + HpaSight.encoded(dialled.name()));
    if (service.absent()) {
      steps.add(
          Step.wrong(
              subject,
              "is not there, but triggers of " + namespace + " dial it: KEDA reaches no scaler"));
    } else if (service.good()
        && !service.body().path("spec").path("clusterIP").asText("").equals("None")) {
      steps.add(
          Step.note(
              subject,
              "is not headless, so that KEDA keeps one connection to one replica; while that is"
                  + " away no fallback begins (kedacore/keda#8056): set clusterIP to None and run"
                  + " two replicas"));
    }
  }
}
