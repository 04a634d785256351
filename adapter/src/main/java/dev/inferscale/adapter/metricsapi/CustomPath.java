package dev.inferscale.adapter.metricsapi;

import dev.inferscale.adapter.metricsapi.Finding.Refusal;
import dev.inferscale.adapter.wire.Quoted;
import java.util.List;
import java.util.Locale;

/// What a path of custom.metrics.k8s.io asks about, behind its group and version.
sealed interface CustomPath {
  /// What would be right.
  String WHERE = "metrics are at namespaces/NAMESPACE/RESOURCE/NAME/METRIC";

  /// `namespaces/{namespace}/{resource}/{name}/{metric}`.
  ///
  /// @param resource in lower case
  /// @param name `*` for all
  record OfObject(String namespace, String resource, String name, String metric)
      implements CustomPath {
    boolean all() {
      return name.equals("*");
    }
  }

  /// `namespaces/{namespace}/metrics/{metric}`: the namespace itself.
  record OfNamespace(String namespace, String metric) implements CustomPath {}

  /// A path that leads nowhere.
  record Nowhere(Refusal refusal) implements CustomPath {}

  /// Reads the decoded segments.
  ///
  /// @param shown the whole path as a person would type it, for messages
  static CustomPath of(List<String> segments, String shown) {
    if (segments.stream().anyMatch(String::isEmpty)) {
      return nowhere(Status.BAD_REQUEST, "invalid request path " + shown + "; " + WHERE);
    }
    boolean namespaced = segments.getFirst().equals("namespaces");
    int size = segments.size();
    if (namespaced && size == 5) {
      return new OfObject(
          segments.get(1),
          segments.get(2).toLowerCase(Locale.ROOT),
          segments.get(3),
          segments.get(4));
    }
    if (namespaced && size == 4 && segments.get(2).equals("metrics")) {
      return new OfNamespace(segments.get(1), segments.get(3));
    }
    if (size == 3) {
      return nowhere(
          Status.NOT_FOUND,
          "no metric here describes a cluster-wide object such as "
              + Quoted.of(segments.get(0) + "/" + segments.get(1))
              + "; "
              + WHERE);
    }
    return size < 5
        ? nowhere(Status.BAD_REQUEST, "invalid request path " + shown + "; " + WHERE)
        : nowhere(Status.NOT_FOUND, "there is nothing at " + shown + "; " + WHERE);
  }

  private static CustomPath nowhere(Status status, String message) {
    return new Nowhere(new Refusal(status, message));
  }
}
