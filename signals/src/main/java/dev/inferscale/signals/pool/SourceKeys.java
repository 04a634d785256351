package dev.inferscale.signals.pool;

import dev.inferscale.signals.document.Key;
import dev.inferscale.signals.document.Kind.Flag;
import dev.inferscale.signals.document.Kind.Form;
import dev.inferscale.signals.document.Kind.Labels;
import dev.inferscale.signals.document.Kind.Listing;
import dev.inferscale.signals.document.Kind.Mapping;
import dev.inferscale.signals.document.Kind.Text;
import dev.inferscale.signals.document.Kind.Unserved;
import dev.inferscale.signals.document.Kind.Whole;
import dev.inferscale.signals.document.Kind.Word;
import dev.inferscale.signals.document.Rule;
import dev.inferscale.signals.pool.ModelPool.Expression;
import java.util.Arrays;
import java.util.HashSet;

/// The keys that say where a pool's metrics pages are.
final class SourceKeys {
  private static final String UNSERVED =
      "is not served by this version, which reads pods and endpoints";

  /// A label's name with its optional domain, and a label's value: Kubernetes' rules.
  private static final Form LABEL_KEY =
      Form.match(
          "([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?",
          "is no label that a pod can have: %s",
          "the name of a label");

  private static final Text LABEL_VALUE =
      Text.of(
          256,
          Form.match(
              "([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?",
              "is %s, which no label can hold",
              "the value of a label"));

  private static final String OCTET = "(25[0-5]|2[0-4][0-9]|1?[0-9]{1,2})";
  private static final String NAME = "[A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?";
  private static final String LAST_NAME = "[A-Za-z]([-A-Za-z0-9]*[A-Za-z0-9])?";
  private static final String HOST =
      "((%s\\.)*%s\\.?|(%s\\.){3}%s|\\[[0-9A-Fa-f:.]+\\])".formatted(NAME, LAST_NAME, OCTET, OCTET);
  private static final String PORT =
      "(:([0-9]{1,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?";
  private static final String REST = "([/?]([-!$&'()*+,./0-9:;=?@A-Z_a-z~]|%[0-9A-Fa-f]{2})*)?";

  private static final Text ENDPOINT =
      Text.of(
          256,
          Form.refuse(
              "[^/]*//[^/?#]*@.*",
              "holds a user name or password, which does not belong into a pool"),
          Form.match(
                  "https?://" + HOST + PORT + REST, "a URL such as http://127.0.0.1:8000/metrics")
              .hiding("[@?]"));

  private static final Mapping SECRET_KEY =
      Mapping.of(
          Key.of(
                  "name",
                  Text.of(
                      256, Form.match("[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?", "a Secret's name")),
                  "Name of a Secret in the pool's namespace, which the plane must have the right to"
                      + " get.")
              .required("name the Secret"),
          Key.of(
                  "key",
                  Text.of(256, Form.match("[-._a-zA-Z0-9]{1,253}", "a key of a Secret")),
                  "Key in that Secret.")
              .required("name the key in the Secret"));

  private static final Mapping TLS =
      Mapping.of(
              Key.of(
                  "caSecretRef",
                  SECRET_KEY,
                  "PEM certificates of the authority that signs the pods' certificates. It alone is"
                      + " believed, whatever names a certificate has, since pods are asked by address."
                      + " Without it, the authorities that the JDK trusts, for the pod's address."),
              Key.of(
                      "insecureSkipVerify",
                      new Flag(),
                      "Whether any certificate is accepted: for self-signed ones, whose values then"
                          + " anybody in between can change.")
                  .preset("false"))
          .with(
              new Rule(
                  "insecureSkipVerify",
                  tls -> !(tls.flag("insecureSkipVerify") && tls.has("caSecretRef")),
                  "!(self.insecureSkipVerify && has(self.caSecretRef))",
                  "cannot stand beside caSecretRef: nothing would be checked"));

  private static final Mapping EXPRESSION =
      Mapping.of(
              Key.of("key", Text.of(317, LABEL_KEY), "Name of a label.").required("name a label"),
              Key.of(
                      "operator",
                      new Word(
                          Arrays.stream(Expression.Operator.values())
                              .map(Expression.Operator::word)
                              .toList()),
                      "`In` and `NotIn` compare the label's value with `values`; a pod without the"
                          + " label is `NotIn`. `Exists` and `DoesNotExist` look only whether a pod has"
                          + " it.")
                  .required("write one of In, NotIn, Exists, DoesNotExist"),
              Key.of(
                  "values",
                  Listing.of(LABEL_VALUE, 64),
                  "Values of the label: one at least for `In` and `NotIn`, none for the others."))
          .with(
              new Rule(
                  "values",
                  each -> !each.text("operator").matches("In|NotIn") || each.size("values") > 0,
                  "!has(self.operator) || !(self.operator in ['In', 'NotIn'])"
                      + " || (has(self.values) && self.values.size() > 0)",
                  "is missing; {operator} needs one"),
              new Rule(
                  "values",
                  each ->
                      !each.text("operator").matches("Exists|DoesNotExist")
                          || each.size("values") == 0,
                  "!has(self.operator) || !(self.operator in ['Exists', 'DoesNotExist'])"
                      + " || !has(self.values) || self.values.size() == 0",
                  "must be left out"));

  private static final Mapping SELECTOR =
      Mapping.of(
              Key.of(
                  "matchLabels",
                  new Labels(32, LABEL_KEY, LABEL_VALUE),
                  "Labels that a pod must have, with these values."),
              Key.of(
                  "matchExpressions",
                  Listing.of(EXPRESSION, 32),
                  "Further requirements on a pod's labels; all must hold."))
          .with(
              new Rule(
                  "matchLabels",
                  selector -> selector.size("matchLabels") + selector.size("matchExpressions") > 0,
                  "(has(self.matchLabels) && self.matchLabels.size() > 0)"
                      + " || (has(self.matchExpressions) && self.matchExpressions.size() > 0)",
                  "is missing; name the pods' labels, such as {app: chat}"));

  static final Mapping SOURCE =
      either(
          pods(
              "Which pods of the pool's own namespace belong to it, by their labels: all parts must"
                  + " hold."),
          "Pods of the pool's own namespace: each that runs and is ready, or has answered before, is"
              + " a target.",
          1000,
          "Metrics pages by URL, http or https, one target each: for engines outside of Kubernetes. In"
              + " a custom resource only hosts that the operator's configuration allows.",
          "a pool has one source");

  /// Of those in front of a pool: more gateways than that stand before none.
  static final Mapping FRONT =
      either(
          pods(
              "Which pods of the pool's own namespace stand in front of it, by their labels: all parts"
                  + " must hold. One that also belongs to the pool itself is left out."),
          "Pods of the pool's own namespace, such as an endpoint picker's: each that runs is asked.",
          64,
          "Metrics pages by URL, http or https: for gateways outside of the namespace. In a custom"
              + " resource only hosts that the operator's configuration allows.",
          "a front is one of the two");

  private SourceKeys() {}

  private static Mapping pods(String selector) {
    return Mapping.of(
            Key.of("selector", SELECTOR, selector).preset("{}"),
            Key.of(
                    "ports",
                    new Listing(new Whole(1, 65_535), 16, false, null),
                    "Ports of the metrics pages: one target for each pod and port, for engines that"
                        + " have a page for each rank.")
                .required("list the port of the metrics page, such as 8000"),
            Key.of("scheme", Word.of("http", "https"), "How the pages are asked for.")
                .preset("http"),
            Key.of(
                    "path",
                    Text.of(256, Form.match("/[!$-;=@-Z\\[\\]_a-z~]*", "a path such as /metrics")),
                    "Path of the metrics pages.")
                .preset("/metrics"),
            Key.of("tls", TLS, "How the certificates of https pages are checked."),
            Key.of(
                "bearerTokenSecretRef",
                SECRET_KEY,
                "Token that is sent with each request, as `Authorization: Bearer`; blanks and line"
                    + " ends around it do not count."))
        .with(
            new Rule(
                "ports",
                pods -> new HashSet<>(pods.wholes("ports")).size() == pods.size("ports"),
                "!has(self.ports) || self.ports.all(p, self.ports.exists_one(q, q == p))",
                "lists a port twice"),
            new Rule(
                "tls",
                pods -> !(pods.has("tls") && pods.text("scheme").equals("http")),
                "!(has(self.tls) && self.scheme == 'http')",
                "needs scheme: https"));
  }

  /// @param why not both can stand there
  private static Mapping either(
      Mapping pods, String podsEffect, int mostEndpoints, String endpointsEffect, String why) {
    return Mapping.of(
            Key.of("pods", pods, podsEffect),
            Key.of("endpoints", new Listing(ENDPOINT, mostEndpoints, true, null), endpointsEffect),
            Key.of(
                "inferencePool",
                new Unserved(UNSERVED),
                "An InferencePool of the Gateway API inference extension. Not served by this"
                    + " version."),
            Key.of(
                "prometheus",
                new Unserved(UNSERVED),
                "A Prometheus that has scraped the pods. Not served by this version."))
        .with(
            new Rule(
                "endpoints",
                source -> !(source.has("pods") && source.has("endpoints")),
                "!(has(self.pods) && has(self.endpoints))",
                "cannot stand beside pods: " + why),
            new Rule(
                "endpoints",
                source -> source.has("pods") || source.has("endpoints"),
                "has(self.pods) || has(self.endpoints)",
                "is missing; list metrics pages, such as http://127.0.0.1:8000/metrics, or select"
                    + " pods"),
            new Rule(
                "endpoints",
                source -> !source.has("endpoints") || source.size("endpoints") > 0,
                "!has(self.endpoints) || self.endpoints.size() > 0",
                "is empty; list metrics pages, such as http://127.0.0.1:8000/metrics"));
  }
}
