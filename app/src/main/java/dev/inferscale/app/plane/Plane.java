package dev.inferscale.app.plane;

import dev.inferscale.adapter.AdapterServer;
import dev.inferscale.adapter.ObservationServer;
import dev.inferscale.adapter.wire.Page;
import dev.inferscale.adapter.wire.Request;
import dev.inferscale.launch.OpsPages;
import dev.inferscale.launch.Program.Running;
import dev.inferscale.launch.Program.StartFault;
import dev.inferscale.signals.EnginePages;
import dev.inferscale.signals.SignalPlane;
import dev.inferscale.signals.exposition.Limits;
import dev.inferscale.signals.pool.ModelPool;
import dev.inferscale.signals.profile.Profiles;
import dev.inferscale.signals.snapshot.Snapshot;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/// One signal plane with its servers: the wiring of `signals`, `adapter` and `launch`, and nothing
/// else.
public final class Plane implements Running {
  /// A snapshot older than this means that the fold thread is dead or starved.
  private static final Duration OLDEST_SNAPSHOT = Duration.ofSeconds(5);

  private final PlaneConfig config;
  private final InstantSource time;
  private final SignalPlane signals;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final ObservationServer observation;
  private final AdapterServer adapter;

  /// Written by whoever ends the program, read by the servers' threads.
  private volatile boolean draining;

  /// Starts to measure and to answer.
  ///
  /// @throws StartFault one sentence, when something cannot start; nothing is left running then
  public static Plane start(
      PlaneConfig config, List<ModelPool> pools, String version, InstantSource time) {
    SignalPlane signals = measure(config, pools, time);
    try {
      return new Plane(config, signals, version, time);
    } catch (dev.inferscale.adapter.StartFault e) {
      signals.close();
      throw new StartFault(String.valueOf(e.getMessage()), e);
    }
  }

  private static SignalPlane measure(
      PlaneConfig config, List<ModelPool> pools, InstantSource time) {
    try {
      EnginePages pages = new EnginePages(Profiles.bundled(), Limits.DEFAULTS);
      return SignalPlane.start(config.signalsConfig(), pools, pages, time);
    } catch (IllegalArgumentException e) {
      throw new StartFault(String.valueOf(e.getMessage()), e);
    }
  }

  private Plane(PlaneConfig config, SignalPlane signals, String version, InstantSource time)
      throws dev.inferscale.adapter.StartFault {
    this.config = config;
    this.signals = signals;
    this.time = time;
    PlaneMetrics metrics = new PlaneMetrics(signals, version, time);
    PrometheusRegistry registry = new PrometheusRegistry();
    registry.register(metrics);
    this.observation =
        ObservationServer.start(
            config.observationConfig(), signals::latest, time, mounted(registry));
    this.adapter = startAdapter(version);
    metrics.count("observation", observation::statistics);
    metrics.count("adapter", adapter::statistics);
  }

  private AdapterServer startAdapter(String version) throws dev.inferscale.adapter.StartFault {
    try {
      return AdapterServer.start(
          config.adapterConfig(), version, signals::latest, time, InstantSource.system());
    } catch (dev.inferscale.adapter.StartFault e) {
      observation.close();
      throw e;
    }
  }

  private Map<String, Function<Request, Page>> mounted(PrometheusRegistry registry) {
    SequencedMap<String, OpsPages.Check> live = new LinkedHashMap<>();
    live.put("fold", this::foldFault);
    SequencedMap<String, OpsPages.Check> ready = new LinkedHashMap<>(live);
    ready.put("draining", () -> draining ? Optional.of("the plane is ending") : Optional.empty());
    OpsPages pages = new OpsPages(registry, live, ready);
    return Map.of(
        "/metrics", request -> page(pages.metrics(request.accept())),
        "/livez", request -> page(pages.livez(request.query().has("verbose"))),
        "/readyz", request -> page(pages.readyz(request.query().has("verbose"))));
  }

  private Optional<String> foldFault() {
    Duration age = Duration.between(signals.latest().at(), time.instant());
    return age.compareTo(OLDEST_SNAPSHOT) <= 0
        ? Optional.empty()
        : Optional.of("the latest snapshot is " + age.toSeconds() + " s old");
  }

  private static Page page(OpsPages.Page page) {
    return new Page(page.status(), page.contentType(), page.body());
  }

  /// The latest picture; never waits.
  public Snapshot latest() {
    return signals.latest();
  }

  /// Where the observation API answers.
  public URI observation() {
    return URI.create("http://" + config.observation().host() + ":" + observation.port());
  }

  /// Where the metrics API answers.
  public URI adapter() {
    return URI.create("https://" + config.adapter().host() + ":" + adapter.port());
  }

  /// Says "not ready" for as long as the limit allows, while everything is still answered.
  @Override
  public void drain(Duration limit) throws InterruptedException {
    draining = true;
    adapter.drain();
    closed.await(limit.toMillis(), TimeUnit.MILLISECONDS);
  }

  @Override
  public void close() {
    closed.countDown();
    adapter.close();
    observation.close();
    signals.close();
  }
}
