package dev.inferscale.app.apis;

import java.util.Locale;

/// What a plane is to its cluster: whether HPAs ask it through a metrics API, or KEDA by gRPC. It
/// answers by its ports in every mode; the mode says what it may be registered for.
public enum Mode {
  /// What the APIServices say.
  AUTO,
  /// KEDA owns the external metrics and asks us by gRPC; custom metrics may be ours.
  KEDA,
  /// External metrics are ours, and custom ones may be.
  EXTERNAL,
  /// External metrics are somebody else's, custom ones ours.
  CUSTOM,
  /// Nothing is registered for us.
  NONE;

  /// True where an APIService of this API may be ours; of others nothing is ever written.
  public boolean mayOwn(MetricsApi api) {
    return switch (this) {
      case AUTO, EXTERNAL -> true;
      case KEDA, CUSTOM -> api != MetricsApi.EXTERNAL;
      case NONE -> false;
    };
  }

  /// As configuration and metrics print it.
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
