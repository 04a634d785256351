package dev.inferscale.app.operate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.inferscale.app.hpa.Explanation.Sight;
import dev.inferscale.app.hpa.Finding;
import dev.inferscale.app.hpa.Findings;
import dev.inferscale.app.hpa.Hpa;
import dev.inferscale.app.hpa.Hpa.Metric;
import dev.inferscale.app.hpa.Read;
import dev.inferscale.app.operate.ClusterAccess.Cluster;
import dev.inferscale.app.operate.ClusterAccess.Reply;
import dev.inferscale.app.operate.HpaSight.Target;
import dev.inferscale.signals.profile.Signal;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/// The pools and scalers of one namespace: pool, targets, signals, and who scales what.
final class PoolSteps {
  /// As the plane writes it into the message of a pool that works.
  private static final String WARNING = "; warning: ";

  private final Cluster cluster;
  private final HpaSight eyes;
  private final String namespace;
  private final List<Step> steps = new ArrayList<>();
  private JsonNode pools = MissingNode.getInstance();

  PoolSteps(Cluster cluster, String namespace) {
    this.cluster = cluster;
    this.eyes = new HpaSight(cluster);
    this.namespace = namespace;
  }

  List<Step> steps() throws CommandFault, InterruptedException {
    pools();
    scalers();
    return steps;
  }

  private void pools() throws InterruptedException {
    Reply reply =
        cluster.get(
            "/apis/inferscale.dev/v1alpha1/namespaces/"
                + HpaSight.encoded(namespace)
                + "/modelpools?limit=500");
    if (!reply.good()) {
      steps.add(
          reply.absent()
              ? Step.wrong(
                  "crd/modelpools.inferscale.dev",
                  "is not there; kubectl apply -f manifests/crd/modelpools.inferscale.dev.yaml")
              : Step.note("modelpools/" + namespace, "cannot be read: " + reply.fault()));
      return;
    }
    if (reply.body().path("items").isEmpty()) {
      steps.add(
          Step.note("modelpools/" + namespace, "there is none; pools of files are not seen here"));
    }
    pools = reply.body().path("items");
    for (JsonNode pool : pools) {
      steps.add(pool(pool));
    }
  }

  private static Step pool(JsonNode pool) {
    JsonNode metadata = pool.path("metadata");
    String subject =
        "modelpool/" + metadata.path("namespace").asText() + "/" + metadata.path("name").asText();
    JsonNode status = pool.path("status");
    if (!status.has("conditions")) {
      return Step.note(
          subject,
          "no plane has written its status: is one running, and is act.status true for it?");
    }
    if (status.path("observedGeneration").asLong() < metadata.path("generation").asLong()) {
      return Step.note(subject, "its last change has not been taken in yet");
    }
    String targets =
        status.path("targets").path("up").asInt()
            + " of "
            + status.path("targets").path("total").asInt()
            + " targets answer";
    String warned = "";
    for (JsonNode condition : status.path("conditions")) {
      boolean ready = condition.path("type").asText().equals("Ready");
      boolean degraded = condition.path("type").asText().equals("Degraded");
      String said = condition.path("reason").asText() + ": " + condition.path("message").asText();
      if (ready && !condition.path("status").asText().equals("True")) {
        return Step.wrong(subject, said + " (" + targets + ")");
      }
      int warning = said.indexOf(WARNING);
      if (ready && warning >= 0) {
        warned = said.substring(warning + WARNING.length());
      }
      if (degraded && condition.path("status").asText().equals("True")) {
        return Step.note(subject, said + " (" + targets + ")");
      }
    }
    if (!warned.isEmpty()) {
      return Step.note(subject, warned + " (" + targets + ")");
    }
    return Step.fine(subject, targets + ", engine " + status.path("engine").asText("unknown"));
  }

  private void scalers() throws CommandFault, InterruptedException {
    List<Hpa> hpas = eyes.all(namespace);
    Scalers scalers = Scalers.of(cluster, namespace);
    for (Finding finding : Findings.owners(hpas, scalers.owners())) {
      steps.add(Step.wrong(namespace + "/" + finding.subject(), finding.sentence()));
    }
    steps.addAll(scalers.steps(pools));
    for (Hpa hpa : hpas) {
      if (hpa.metrics().stream().anyMatch(PoolSteps::isOurs)) {
        hpa(hpa);
      }
    }
  }

  private static boolean isOurs(Metric metric) {
    return metric.source() != Hpa.Source.OTHER
        && Signal.named(metric.name().toLowerCase(Locale.ROOT)).isPresent();
  }

  private void hpa(Hpa hpa) throws InterruptedException {
    String subject = "hpa/" + hpa.id();
    int before = steps.size();
    try {
      Target target = eyes.target(hpa);
      HpaSight.Bounds bounds = eyes.bounds(hpa, target);
      for (Finding finding : Findings.metrics(hpa, bounds.measured(), bounds.hold())) {
        steps.add(
            finding.grave()
                ? Step.wrong(finding.subject(), finding.sentence())
                : Step.note(finding.subject(), finding.sentence()));
      }
      Set<String> read = new HashSet<>();
      for (Metric metric : hpa.metrics()) {
        if (isOurs(metric) && read.add(metric.name() + metric.selector())) {
          reads(subject, eyes.sight(hpa, metric, target));
        }
      }
    } catch (CommandFault e) {
      steps.add(Step.wrong(subject, e.sentence()));
    }
    if (steps.size() == before) {
      steps.add(Step.fine(subject, "its metrics are read and fit their targets"));
    }
  }

  private void reads(String subject, Sight sight) {
    String metric = sight.metric().name();
    switch (sight.read()) {
      case Read.Refused(String sentence) ->
          steps.add(Step.wrong(subject, metric + " has no value: " + sentence));
      case Read.Items(List<Read.Item> items) when items.isEmpty() ->
          steps.add(Step.wrong(subject, metric + " has no value: the list is empty"));
      case Read.Items _, Read.Unread _ -> {
        // Fine, or not looked at.
      }
    }
  }
}
