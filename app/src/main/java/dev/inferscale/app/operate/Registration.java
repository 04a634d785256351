package dev.inferscale.app.operate;

import com.fasterxml.jackson.databind.JsonNode;
import dev.inferscale.app.apis.Dependents;
import dev.inferscale.app.apis.KedaOperator;
import dev.inferscale.app.apis.MetricsApi;
import dev.inferscale.app.apis.Owner;
import dev.inferscale.app.apis.Registered;
import dev.inferscale.app.operate.ClusterAccess.Cluster;
import dev.inferscale.app.operate.ClusterAccess.Reply;
import java.io.ByteArrayInputStream;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/// How the metrics APIs are registered: APIService, Service, TLS. Reads only.
final class Registration {
  private static final String OPERATORS =
      "/apis/apps/v1/deployments?limit=500&labelSelector=app.kubernetes.io%2Fname%3Dkeda-operator";

  private final Cluster cluster;
  private final String ours;
  private final Instant now;

  /// @param ours the name of the Service that our plane stands behind
  /// @param now to judge certificates
  Registration(Cluster cluster, String ours, Instant now) {
    this.cluster = cluster;
    this.ours = ours;
    this.now = now;
  }

  /// All steps, the APIs one after the other.
  List<Step> steps() throws InterruptedException {
    List<Step> steps = new ArrayList<>();
    for (MetricsApi api : MetricsApi.values()) {
      api(steps, api);
    }
    // All of them usually name one Service.
    return steps.stream().distinct().toList();
  }

  private void api(List<Step> steps, MetricsApi api) throws InterruptedException {
    String subject = "apiservice/" + api.apiService();
    Reply reply = cluster.get(api.path());
    if (!reply.good() && !reply.absent()) {
      steps.add(Step.note(subject, "cannot be read: " + reply.fault()));
      return;
    }
    JsonNode spec = reply.body().path("spec");
    JsonNode service = spec.path("service");
    // Only its name counts, in whichever namespace.
    String us = service.path("namespace").asText("") + "/" + ours;
    Registered found = reply.absent() ? Registered.ABSENT : Registered.read(reply.body(), us);
    JsonNode conditions = reply.body().path("status").path("conditions");
    switch (found.owner()) {
      case ABSENT -> steps.add(absent(subject, api));
      case OURS -> {
        steps.add(available(subject, conditions));
        steps.addAll(service(service));
        steps.add(authority(subject, spec));
      }
      case KEDA, FOREIGN, UNKNOWN -> {
        steps.add(Step.note(subject, foreign(found)));
        steps.add(others(available(subject, conditions)));
      }
    }
    if (api == MetricsApi.EXTERNAL) {
      dependents(steps, subject, found.owner(), spec);
    }
  }

  private static Step absent(String subject, MetricsApi api) {
    return api == MetricsApi.EXTERNAL
        ? Step.wrong(subject, "is not there; kubectl apply -k manifests/base registers it")
        : Step.note(subject, "is not there; only Pods and Object metrics need it");
  }

  private static String foreign(Registered found) {
    return found.owner() == Owner.KEDA
        ? "belongs to KEDA ("
            + found.service()
            + ") and is left alone; give KEDA our signals by an external-push trigger instead of an"
            + " HPA's External metric: ./inferscale hpa --pool P --keda"
        : "belongs to "
            + found.service()
            + " and is left alone; a cluster has one provider of this API: remove that one first,"
            + " or use KEDA";
  }

  /// Who asks there, and whether KEDA's operator writes into it.
  private void dependents(List<Step> steps, String subject, Owner owner, JsonNode spec)
      throws InterruptedException {
    Reply hpas = cluster.get("/apis/autoscaling/v2/horizontalpodautoscalers?limit=500");
    if (hpas.good()) {
      Dependents.of(hpas.body().path("items"))
          .fault(owner)
          .ifPresent(fault -> steps.add(Step.wrong(subject, fault)));
    }
    Reply operators = cluster.get(OPERATORS);
    if (operators.good()) {
      KedaOperator.fault(
              operators.body().path("items"),
              owner,
              spec.path("insecureSkipTLSVerify").asBoolean(false))
          .ifPresent(fault -> steps.add(Step.wrong(subject, fault)));
    }
  }

  /// What is not ours is its owner's to mend.
  private static Step others(Step available) {
    return available.verdict() == Step.Verdict.WRONG
        ? Step.note(available.subject(), available.text())
        : available;
  }

  private static Step available(String subject, JsonNode conditions) {
    for (JsonNode condition : conditions) {
      if (condition.path("type").asText().equals("Available")) {
        String reason = condition.path("reason").asText();
        String message = condition.path("message").asText();
        return condition.path("status").asText().equals("True")
            ? Step.fine(subject, "available")
            : Step.wrong(subject, reason + ": " + message + advice(reason, message));
      }
    }
    return Step.wrong(subject, "has not been tried yet; look again in some seconds");
  }

  private static String advice(String reason, String message) {
    if (message.contains("x509")) {
      return "; caBundle and the serving certificate do not belong together";
    }
    return switch (reason) {
      case "ServiceNotFound", "ServicePortError" -> "; is the Service there, with that port?";
      case "MissingEndpoints", "EndpointsNotFound" -> "; is a pod of the plane ready?";
      case "FailedDiscoveryCheck" ->
          "; can the API server reach the pod (NetworkPolicy, firewall), and does the plane"
              + " trust its front proxy?";
      default -> "";
    };
  }

  private List<Step> service(JsonNode reference) throws InterruptedException {
    String namespace = reference.path("namespace").asText();
    String name = reference.path("name").asText();
    String subject = "service/" + namespace + "/" + name;
    Reply service = cluster.get("/api/v1/namespaces/" + namespace + "/services/" + name);
    if (!service.good()) {
      return List.of(
          service.absent()
              ? Step.wrong(subject, "is not there; kubectl apply -k manifests/base makes it")
              : Step.note(subject, "cannot be read: " + service.fault()));
    }
    if (service.body().path("spec").path("type").asText().equals("ExternalName")) {
      return List.of(Step.fine(subject, "an external name"));
    }
    Reply slices =
        cluster.get(
            "/apis/discovery.k8s.io/v1/namespaces/"
                + namespace
                + "/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3D"
                + name);
    if (!slices.good()) {
      return List.of(Step.note(subject, "its endpoints cannot be read: " + slices.fault()));
    }
    int ready = 0;
    for (JsonNode slice : slices.body().path("items")) {
      for (JsonNode endpoint : slice.path("endpoints")) {
        ready += endpoint.path("conditions").path("ready").asBoolean(true) ? 1 : 0;
      }
    }
    return List.of(
        ready == 0
            ? Step.wrong(subject, "no ready pod stands behind it; describe the plane's pods")
            : ready == 1
                ? Step.note(subject, "one ready pod; with two the HPA outlives the loss of one")
                : Step.fine(subject, ready + " ready pods"));
  }

  private Step authority(String subject, JsonNode spec) {
    if (spec.path("insecureSkipTLSVerify").asBoolean()) {
      return Step.note(
          subject, "skips TLS verification: whoever takes the Service's address is believed");
    }
    String bundle = spec.path("caBundle").asText("");
    if (bundle.isEmpty()) {
      return Step.note(
          subject,
          "has no caBundle: the API server uses the system's authorities; see act.caBundle");
    }
    Optional<Instant> end = end(bundle);
    if (end.isEmpty()) {
      return Step.wrong(subject, "its caBundle holds no certificate");
    }
    long days = ChronoUnit.DAYS.between(now, end.get());
    return days < 0
        ? Step.wrong(subject, "its caBundle ended " + end.get() + "; renew it")
        : days < 14
            ? Step.note(subject, "its caBundle ends in " + days + " days; renew it")
            : Step.fine(subject, "caBundle good for " + days + " days");
  }

  /// The last end of all authorities in a bundle.
  private static Optional<Instant> end(String bundle) {
    try {
      byte[] pem = Base64.getDecoder().decode(bundle);
      return CertificateFactory.getInstance("X.509")
          .generateCertificates(new ByteArrayInputStream(pem))
          .stream()
          .filter(X509Certificate.class::isInstance)
          .map(certificate -> ((X509Certificate) certificate).getNotAfter().toInstant())
          .max(Instant::compareTo);
    } catch (CertificateException | IllegalArgumentException _) {
      return Optional.empty();
    }
  }
}
