package dev.inferscale.adapter.wire;

import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/// Chooses the form of an answer from an `Accept` header (RFC 9110, 12.5.1). Where several forms
/// have the same weight the caller's order counts, as it does with Kubernetes' servers.
public final class Negotiation {
  /// Kubernetes' binary encoding.
  public static final String PROTOBUF_TYPE = "application/vnd.kubernetes.protobuf";

  /// The forms that some answer of ours has.
  public enum Form {
    JSON,
    PROTOBUF,
    /// `Table` of `meta.k8s.io/v1`, as `kubectl get` asks for.
    TABLE_V1,
    /// `Table` of `meta.k8s.io/v1beta1`.
    TABLE_V1BETA1,
    /// `APIGroupDiscoveryList` of `apidiscovery.k8s.io/v2`.
    AGGREGATED_DISCOVERY
  }

  private Negotiation() {}

  /// The best acceptable form, empty where none is: then the answer is 406.
  ///
  /// @param offered the forms that this document has; JSON always is among them
  public static Optional<Form> choose(String accept, Set<Form> offered) {
    if (accept.isBlank()) {
      return Optional.of(Form.JSON);
    }
    Optional<Form> best = Optional.empty();
    double bestWeight = 0;
    for (String clause : accept.split(",", -1)) {
      Optional<Form> form = form(clause).filter(offered::contains);
      double weight = form.isPresent() ? weight(clause) : 0;
      if (weight > bestWeight) {
        best = form;
        bestWeight = weight;
      }
    }
    return best;
  }

  private static Optional<Form> form(String clause) {
    String as = parameter(clause, "as");
    return switch (beforeSemicolon(clause)) {
      case PROTOBUF_TYPE -> as.isEmpty() ? Optional.of(Form.PROTOBUF) : Optional.empty();
      case JsonPage.MEDIA_TYPE, "application/*", "*/*" ->
          as.isEmpty() ? Optional.of(Form.JSON) : converted(clause, as);
      default -> Optional.empty();
    };
  }

  /// The form of a clause that wants JSON of another kind than the resource's own.
  private static Optional<Form> converted(String clause, String as) {
    String kind = as + "." + parameter(clause, "v") + "." + parameter(clause, "g");
    return switch (kind) {
      case "Table.v1.meta.k8s.io" -> Optional.of(Form.TABLE_V1);
      case "Table.v1beta1.meta.k8s.io" -> Optional.of(Form.TABLE_V1BETA1);
      case "APIGroupDiscoveryList.v2.apidiscovery.k8s.io" ->
          parameter(clause, "profile").isEmpty()
              ? Optional.of(Form.AGGREGATED_DISCOVERY)
              : Optional.empty();
      default -> Optional.empty();
    };
  }

  private static String beforeSemicolon(String clause) {
    int semicolon = clause.indexOf(';');
    String range = semicolon < 0 ? clause : clause.substring(0, semicolon);
    return range.strip().toLowerCase(Locale.ROOT);
  }

  private static String parameter(String clause, String name) {
    int semicolon = clause.indexOf(';');
    while (semicolon >= 0) {
      int next = clause.indexOf(';', semicolon + 1);
      String pair = clause.substring(semicolon + 1, next < 0 ? clause.length() : next);
      int equals = pair.indexOf('=');
      if (equals >= 0 && pair.substring(0, equals).strip().equalsIgnoreCase(name)) {
        return pair.substring(equals + 1).strip();
      }
      semicolon = next;
    }
    return "";
  }

  /// The clause's `q`, 1 where absent, 0 where it is not a number: a weight that cannot be read
  /// asks for nothing.
  private static double weight(String clause) {
    String q = parameter(clause, "q");
    if (q.isEmpty()) {
      return 1;
    }
    return q.matches("[01](\\.[0-9]{0,3})?") ? Double.parseDouble(q) : 0;
  }
}
