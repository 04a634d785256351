package dev.inferscale.signals.pool;

import static java.time.Duration.ofHours;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;

import dev.inferscale.signals.document.Key;
import dev.inferscale.signals.document.Kind.Decimal;
import dev.inferscale.signals.document.Kind.Form;
import dev.inferscale.signals.document.Kind.Intervals;
import dev.inferscale.signals.document.Kind.Mapping;
import dev.inferscale.signals.document.Kind.ReadOver;
import dev.inferscale.signals.document.Kind.Span;
import dev.inferscale.signals.document.Kind.Text;
import dev.inferscale.signals.document.Kind.Whole;
import dev.inferscale.signals.document.Kind.Word;
import dev.inferscale.signals.document.Rule;
import dev.inferscale.signals.document.Section;
import dev.inferscale.signals.pool.ModelPool.Role;
import dev.inferscale.signals.pool.ModelPool.Traffic;
import dev.inferscale.signals.pool.ModelPool.WhenMissing;
import java.util.List;
import java.util.stream.Stream;

/// Every key of a ModelPool, in the order of the documentation: [ModelPoolReader] makes a
/// [ModelPool] of a document that holds to them.
public final class PoolKeys {
  /// The group and version of the format.
  public static final String API_VERSION = "inferscale.dev/v1alpha1";

  /// What a document is.
  public static final String KIND = "ModelPool";

  static final Form DNS_LABEL =
      Form.match(
          "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?",
          "at most 63 of a-z, 0-9 and '-', beginning and ending with a letter or digit");

  private static final Mapping WINDOWS =
      Mapping.of(
          Key.of(
                  "rates",
                  new Intervals(ofMinutes(15)),
                  "Time over which rates and ratios are computed. Longer is smoother and later. By"
                      + " default at least three intervals.")
              .preset("15s"),
          Key.of(
                  "latencies",
                  new Intervals(ofMinutes(15)),
                  "Time over which quantiles of latencies are computed. By default at least three"
                      + " intervals.")
              .preset("60s"));

  private static final Mapping SCALE_TARGET =
      Mapping.of(
          Key.of("apiVersion", Text.of(317), "Group and version of the object.")
              .required("write apps/v1 for a Deployment"),
          Key.of("kind", Text.of(63), "Kind of the object.")
              .required("write Deployment, or another kind with a scale"),
          Key.of("name", Text.of(253), "Name of the object, in the pool's own namespace.")
              .required("name the object that is scaled"));

  private static final String KEPT =
      " Kept and checked; the replica policy that reads it is not part of this version.";

  private static final Span PROMISE = new Span(ofMillis(1), ofHours(1));

  private static final Mapping OBJECTIVES =
      Mapping.of(
          Key.of(
              "timeToFirstToken",
              PROMISE,
              "Longest time from a request to its first token." + KEPT),
          Key.of(
              "timePerOutputToken",
              PROMISE,
              "Longest mean time from one token of an answer to the next." + KEPT),
          Key.of(
                  "attainment",
                  new Decimal(0.5, 0.99999),
                  "Share of the requests that must meet the objectives." + KEPT)
              .preset("0.99"));

  private static final Mapping CAPACITY =
      Mapping.of(
              Key.of(
                  "coldStart",
                  new Span(ofSeconds(1), ofHours(1)),
                  "Time from the wish for a replica to its first token: how far ahead the policy looks."
                      + KEPT),
              Key.of(
                      "minReplicas",
                      new Whole(0, 100_000),
                      "Fewest replicas that the policy asks for." + KEPT)
                  .preset("1"),
              Key.of(
                  "maxReplicas",
                  new Whole(1, 100_000),
                  "Most replicas that the policy asks for; without it there is no limit." + KEPT),
              Key.of(
                  "usdPerReplicaHour",
                  new Decimal(0, 1_000_000),
                  "Price of one replica in USD per hour; without it the cost signals answer"
                      + " `config`."))
          .with(
              new Rule(
                  "minReplicas",
                  PoolKeys::leastIsAtMostMost,
                  "!has(self.maxReplicas) || self.minReplicas <= self.maxReplicas",
                  "is {minReplicas} but must be at most maxReplicas, {maxReplicas}"));

  private static final Mapping MISSING =
      Mapping.of(
          Key.of(
                  "staleAfter",
                  new Intervals(ofMinutes(15)),
                  "Age at which a reading stops counting. By default at least three intervals.")
              .preset("10s"),
          Key.of(
                  "answer",
                  Word.of(WhenMissing.Rule.class),
                  "`error` says that there is no value, and the autoscaler keeps its replicas; `hold`"
                      + " serves the last good value, marked, for a bounded time.")
              .preset("error"),
          Key.of(
                  "holdFor",
                  new Span(ofSeconds(0), ofHours(1)),
                  "How long a held or partial value may be served.")
              .preset("5m"),
          Key.of(
                  "minCoverage",
                  new Decimal(0.5, 1),
                  "Share of the targets that must answer for a value without reserve; with fewer a"
                      + " value may raise an answer but never lower it, and below one half there is"
                      + " none.")
              .preset("0.9"));

  static final Mapping SPEC =
      Mapping.of(
          Key.of(
                  "model",
                  Text.of(256),
                  "Name of the model: a caption, and where a page shows several models, the only one"
                      + " that counts.")
              .required("name the model that the pool serves"),
          Key.of(
                  "role",
                  Word.of(Role.class),
                  "Which half of an inference the replicas do. A split deployment is two pools;"
                      + " `prefill` and `decode` become a label of the signals.")
              .preset("both"),
          Key.of("source", SourceKeys.SOURCE, "Where the metrics pages are: exactly one of these.")
              .preset("{}"),
          Key.of(
              "front",
              SourceKeys.FRONT,
              "Who knows of requests that no pod has yet: the metrics pages of gateways, routers or"
                  + " endpoint pickers, exactly one of these. What waits there is added to the pool's"
                  + " demand, and is all of it while there is no pod. Such a page is read every 250 ms"
                  + " while no pod of the pool is ready, else once in an interval."),
          Key.of(
                  "engine",
                  Text.of(63),
                  "Profile that reads the pages, such as `vllm`; `auto` looks at them.")
              .preset("auto"),
          Key.of(
                  "interval",
                  new Span(ofSeconds(1), ofSeconds(60)),
                  "Time between two fetches of one page.")
              .preset("2s"),
          Key.of("windows", WINDOWS, "Over which times signals are computed.").preset("{}"),
          Key.of(
              "scaleTargetRef",
              SCALE_TARGET,
              "What the autoscaler scales: anything with a `scale` subresource. Its replicas are read"
                  + " for `inference_replicas`, and it can be asked as an object of custom metrics."),
          Key.of(
                  "traffic",
                  Word.of(Traffic.class),
                  "What kind of load to expect: sets defaults of the policy." + KEPT)
              .preset("steady"),
          Key.of("objectives", OBJECTIVES, "What users of the pool are promised.").preset("{}"),
          Key.of(
                  "capacity",
                  CAPACITY,
                  "What a replica costs, in time and money, and how many there may be.")
              .preset("{}"),
          Key.of("missing", MISSING, "What to answer when data is missing.").preset("{}"));

  private static final Mapping METADATA =
      new Mapping(
          Stream.concat(
                  Stream.of(
                      Key.of(
                              "name",
                              Text.of(253, DNS_LABEL),
                              "Name of the pool; `pool=` in selectors.")
                          .required("give the pool a name"),
                      Key.of(
                              "namespace",
                              Text.of(253, DNS_LABEL),
                              "An autoscaler reads only the pools of its own namespace.")
                          .preset("default")),
                  Stream.of(
                          "labels",
                          "annotations",
                          "uid",
                          "resourceVersion",
                          "generation",
                          "generateName",
                          "creationTimestamp",
                          "deletionTimestamp",
                          "deletionGracePeriodSeconds",
                          "finalizers",
                          "ownerReferences",
                          "selfLink",
                          "managedFields")
                      .map(PoolKeys::readOver))
              .toList(),
          List.of());

  /// The whole document, a file's or a custom resource.
  public static final Mapping DOCUMENT =
      Mapping.of(
          Key.of("apiVersion", Word.of(API_VERSION), "Version of this format.")
              .required("write " + API_VERSION),
          Key.of("kind", Word.of(KIND), "What the document is.").required("write " + KIND),
          Key.of("metadata", METADATA, "Who the pool is.").preset("{}"),
          Key.of("spec", SPEC, "What to measure, how often, and what is wanted of it.")
              .preset("{}"),
          readOver("status"));

  private PoolKeys() {}

  private static Key readOver(String name) {
    return Key.of(name, new ReadOver(), "Read over.");
  }

  private static boolean leastIsAtMostMost(Section capacity) {
    Integer least = capacity.whole("minReplicas");
    Integer most = capacity.whole("maxReplicas");
    return least == null || most == null || least <= most;
  }
}
