package dev.inferscale.adapter.wire;

import java.util.Locale;
import java.util.Optional;

/// Chooses the form of an answer from an `Accept` header (RFC 9110, 12.5.1). Where several forms
/// have the same weight the caller's order counts, as it does with Kubernetes' servers.
public final class Negotiation {

  /// The forms that some answer of ours has.
  public enum Form {
    JSON,
    /// `APIGroupDiscoveryList` of `apidiscovery.k8s.io/v2`.
    AGGREGATED_DISCOVERY
  }

  private Negotiation() {}

  /// The best acceptable form, empty where none is: then the answer is 406.
  ///
  /// @param aggregated whether this document exists as aggregated discovery too
  public static Optional<Form> choose(String accept, boolean aggregated) {
    if (accept.isBlank()) {
      return Optional.of(Form.JSON);
    }
    Optional<Form> best = Optional.empty();
    double bestWeight = 0;
    for (String clause : accept.split(",", -1)) {
      Optional<Form> form = form(clause, aggregated);
      double weight = form.isPresent() ? weight(clause) : 0;
      if (weight > bestWeight) {
        best = form;
        bestWeight = weight;
      }
    }
    return best;
  }

  private static Optional<Form> form(String clause, boolean aggregated) {
    String range = beforeSemicolon(clause);
    boolean json =
        range.equals("application/json") || range.equals("application/*") || range.equals("*/*");
    if (!json) {
      return Optional.empty();
    }
    String as = parameter(clause, "as");
    if (as.isEmpty()) {
      return Optional.of(Form.JSON);
    }
    boolean discovery =
        aggregated
            && as.equals("APIGroupDiscoveryList")
            && parameter(clause, "g").equals("apidiscovery.k8s.io")
            && parameter(clause, "v").equals("v2")
            && parameter(clause, "profile").isEmpty();
    return discovery ? Optional.of(Form.AGGREGATED_DISCOVERY) : Optional.empty();
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
