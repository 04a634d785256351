package dev.inferscale.signals.pool;

import dev.inferscale.signals.document.Rule;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One pool of serving replicas as its user wrote it: where to measure, how often, what is wanted
/// of it and what to do when data is missing. Ranges are checked where a document is read
/// ([PoolsFile]), so that tests may build pools with shorter times.
///
/// @param model the model's name, also a filter where an engine serves several
/// @param front where it is told what waits before a pod has it, null where nobody tells
/// @param engine a profile's name, or `auto`
/// @param interval between two readings of one target
/// @param scaleTarget what the autoscaler scales, null where the pool does not say
public record ModelPool(
    PoolId id,
    String model,
    Role role,
    Source source,
    @Nullable Source front,
    String engine,
    Duration interval,
    WindowLengths windows,
    @Nullable ScaleTarget scaleTarget,
    Traffic traffic,
    Objectives objectives,
    Capacity capacity,
    WhenMissing missing) {

  /// What people should know of a pool that is served all the same, one sentence each.
  public List<String> warnings() {
    List<String> warnings = new ArrayList<>();
    warn("source", source, warnings);
    warn("front", front, warnings);
    return List.copyOf(warnings);
  }

  private static void warn(String key, @Nullable Source asked, List<String> warnings) {
    if (asked instanceof Pods pods) {
      if (pods.tls().insecureSkipVerify()) {
        warnings.add(
            key
                + ".pods.tls.insecureSkipVerify: certificates are not checked, so whoever stands in"
                + " between can change values"
                + (pods.bearerToken() == null ? "" : " and take the token"));
      }
      if (pods.bearerToken() != null && pods.scheme().equals("http")) {
        warnings.add(
            key
                + ".pods.bearerTokenSecretRef: over http whoever stands in between can take the"
                + " token; ask by https");
      }
    }
  }

  /// Which half of an inference its replicas do.
  public enum Role {
    BOTH,
    PREFILL,
    DECODE;

    /// As documents print it.
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /// Where the pool's metrics pages are.
  public sealed interface Source permits Endpoints, Pods {}

  /// Pages that the document lists.
  public record Endpoints(List<URI> pages) implements Source {
    public Endpoints {
      pages = List.copyOf(pages);
    }
  }

  /// The pods of the pool's own namespace that a selector matches: one target per pod and port.
  ///
  /// @param ports each 1 to 65535
  /// @param scheme `http` or `https`
  /// @param path begins with `/`
  /// @param bearerToken sent with each request, null for none
  public record Pods(
      PodSelector selector,
      List<Integer> ports,
      String scheme,
      String path,
      Tls tls,
      @Nullable SecretKey bearerToken)
      implements Source {
    public Pods {
      ports = List.copyOf(ports);
    }
  }

  /// How pods are recognised by their labels, as Kubernetes' LabelSelector: all parts must hold.
  public record PodSelector(Map<String, String> matchLabels, List<Expression> matchExpressions) {
    public PodSelector {
      matchLabels = Map.copyOf(matchLabels);
      matchExpressions = List.copyOf(matchExpressions);
    }
  }

  /// One part of a selector.
  ///
  /// @param values at least one for `IN` and `NOT_IN`, none for the others
  public record Expression(String key, Operator operator, List<String> values) {
    public Expression {
      values = List.copyOf(values);
    }

    /// As Kubernetes names them.
    public enum Operator {
      IN("In"),
      NOT_IN("NotIn"),
      EXISTS("Exists"),
      DOES_NOT_EXIST("DoesNotExist");

      private final String word;

      Operator(String word) {
        this.word = word;
      }

      /// As documents print it.
      public String word() {
        return word;
      }
    }
  }

  /// How the certificates of https pages are checked.
  ///
  /// @param ca PEM certificates of the authority that signs them, null for the usual ones
  public record Tls(@Nullable SecretKey ca, boolean insecureSkipVerify) {}

  /// One key of a Secret in the pool's namespace.
  public record SecretKey(String name, String key) {}

  /// Over which time rates and latencies are computed.
  public record WindowLengths(Duration rates, Duration latencies) {}

  /// Anything with a `scale` subresource.
  public record ScaleTarget(String apiVersion, String kind, String name) {}

  /// What kind of load to expect; sets defaults of the replica policy.
  public enum Traffic {
    STEADY,
    BURSTY,
    BATCH
  }

  /// What users of the pool are promised.
  ///
  /// @param timeToFirstToken null where nothing is promised
  /// @param timePerOutputToken null where nothing is promised
  /// @param attainment share of requests that must meet the objectives, 0 to 1
  public record Objectives(
      @Nullable Duration timeToFirstToken,
      @Nullable Duration timePerOutputToken,
      double attainment) {}

  /// What a replica costs, in time and money.
  ///
  /// @param coldStart from the wish for a replica to its first token, null where unknown
  /// @param maxReplicas null where unlimited
  /// @param usdPerReplicaHour null where unknown
  public record Capacity(
      @Nullable Duration coldStart,
      int minReplicas,
      @Nullable Integer maxReplicas,
      @Nullable Double usdPerReplicaHour) {}

  /// What to answer when data is missing.
  ///
  /// @param staleAfter the age at which a reading stops counting
  /// @param holdFor how long a partial or held value may be served
  /// @param minCoverage share of targets that must answer, 0.5 to 1
  public record WhenMissing(
      Duration staleAfter, Rule answer, Duration holdFor, double minCoverage) {

    /// `ERROR` says that there is no value; `HOLD` serves the last good one, marked.
    public enum Rule {
      ERROR,
      HOLD
    }
  }
}
