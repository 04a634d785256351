package dev.inferscale.app.act.certificate;

import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// To whom the APIServices of the metrics APIs lead, as far as this replica knows. Thread-safe.
public final class Ownership {
  /// All that the metrics APIs have.
  static final List<String> NAMES =
      List.of(
          "v1beta1.external.metrics.k8s.io",
          "v1beta1.custom.metrics.k8s.io",
          "v1beta2.custom.metrics.k8s.io");

  private static final Owner UNKNOWN = new Owner(State.UNKNOWN, "");

  private final Map<String, Owner> owners = new ConcurrentHashMap<>();

  /// What is known of an APIService.
  enum State {
    /// It leads to our Service.
    OURS,
    /// Another program answers.
    FOREIGN,
    ABSENT,
    /// This replica does not look, or may not.
    UNKNOWN
  }

  /// @param service `NAMESPACE/NAME`, empty where there is none
  record Owner(State state, String service) {}

  /// @param apiService one of [#NAMES]
  void found(String apiService, State state, String service) {
    owners.put(apiService, new Owner(state, service));
  }

  /// Nothing is known any more.
  void forget() {
    owners.clear();
  }

  /// For the plane's metrics page: a row for each APIService.
  public GaugeSnapshot snapshot() {
    GaugeSnapshot.Builder gauge =
        GaugeSnapshot.builder()
            .name("inferscale_apiservice")
            .help(
                "Always 1; its labels say whose each APIService of the metrics APIs is, as the replica"
                    + " that writes caBundle sees it.");
    for (String name : NAMES) {
      Owner owner = owners.getOrDefault(name, UNKNOWN);
      String state = owner.state().name().toLowerCase(Locale.ROOT);
      gauge.dataPoint(
          GaugeDataPointSnapshot.builder()
              .labels(Labels.of("apiservice", name, "state", state, "service", owner.service()))
              .value(1)
              .build());
    }
    return gauge.build();
  }
}
