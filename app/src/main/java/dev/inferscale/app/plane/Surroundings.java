package dev.inferscale.app.plane;

import dev.inferscale.app.apis.RegistrationWatch;
import dev.inferscale.app.scaledobject.ScaledWatch;
import dev.inferscale.signals.snapshot.Snapshot;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.InstantSource;
import java.util.function.Supplier;

/// What else there is in the cluster that concerns the plane: who owns the metrics APIs, and which
/// of KEDA's objects ask it. Nothing that measures or answers depends on it.
record Surroundings(RegistrationWatch registration, ScaledWatch scaled) implements AutoCloseable {

  /// Asks nothing before [#start].
  static Surroundings of(PlaneConfig config, Supplier<Snapshot> latest, InstantSource time) {
    return new Surroundings(
        new RegistrationWatch(
            config.apis().mode(),
            config.keda().isPresent(),
            config.service(),
            config.kubeAccess(),
            time),
        new ScaledWatch(config.kubernetes().discoverConfig(System.getenv()), latest, time));
  }

  /// Begins to watch, and shows on that page what is found.
  void start(PrometheusRegistry registry) {
    registry.register(registration.metrics());
    registry.register(scaled.metrics());
    registration.start();
    scaled.start();
  }

  /// Says what has changed; called about once a second by one thread.
  void look() {
    registration.look();
    scaled.look();
  }

  @Override
  public void close() {
    registration.close();
    scaled.close();
  }
}
