package dev.inferscale.app.plane;

import dev.inferscale.adapter.AdapterConfig;
import dev.inferscale.adapter.AdapterServer;
import dev.inferscale.adapter.ObservationServer;
import dev.inferscale.adapter.auth.Gate;
import dev.inferscale.adapter.auth.GateStatistics;
import dev.inferscale.adapter.certificate.CertificateFault;
import dev.inferscale.adapter.certificate.ServingCertificate;
import dev.inferscale.adapter.json.Demand;
import dev.inferscale.adapter.json.DemandApi;
import dev.inferscale.adapter.wire.Page;
import dev.inferscale.adapter.wire.Request;
import dev.inferscale.app.act.Act;
import dev.inferscale.keda.ScalerStatistics;
import dev.inferscale.launch.Program.Running;
import dev.inferscale.launch.Program.StartFault;
import dev.inferscale.signals.EnginePages;
import dev.inferscale.signals.SignalPlane;
import dev.inferscale.signals.discover.Discovery;
import dev.inferscale.signals.exposition.Limits;
import dev.inferscale.signals.kube.KubeAccess;
import dev.inferscale.signals.kube.WatchState;
import dev.inferscale.signals.pool.ModelPool;
import dev.inferscale.signals.pool.PoolTargets;
import dev.inferscale.signals.pool.PoolsFile;
import dev.inferscale.signals.pool.RejectedPool;
import dev.inferscale.signals.profile.Profiles;
import dev.inferscale.signals.snapshot.Snapshot;
import dev.inferscale.signals.window.Outcome;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One signal plane with its servers: the wiring of `signals`, `adapter` and `launch`, and nothing
/// else.
public final class Plane implements Running {
  /// For so long a plane that has just started waits for the API server and for its pools' first
  /// answers before it takes questions.
  private static final Duration FIRST_SYNC = Duration.ofSeconds(30);

  private static final Duration LOOK_EVERY = Duration.ofSeconds(1);
  private static final Logger LOG = LoggerFactory.getLogger(Plane.class);

  private final PlaneConfig config;
  private final InstantSource time;
  private final SignalPlane signals;
  private final Discovery discovery;
  private final FirstSync firstSync;
  private final Probes probes;
  private final Thread looking;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final ObservationServer observation;
  private final AdapterServer adapter;
  private final ServingCertificate certificate;
  private final Optional<KedaListener> keda;
  private final Surroundings surroundings;
  private final Act act;
  private final Optional<Gate> gate;

  /// Starts to measure these pools and to answer; what the configuration says of files is not read.
  ///
  /// @throws StartFault one sentence, when something cannot start; nothing is left running then
  public static Plane start(
      PlaneConfig config, List<ModelPool> pools, String version, InstantSource time) {
    EnginePages pages = new EnginePages(Profiles.bundled(), Limits.DEFAULTS);
    Discovery discovery = discovery(config, pages, time);
    discovery.file("", new PoolsFile(pools, List.of()));
    return start(config, pages, discovery, () -> {}, version, time);
  }

  static Discovery discovery(PlaneConfig config, EnginePages pages, InstantSource time) {
    return new Discovery(config.kubernetes().discoverConfig(System.getenv()), pages::engines, time);
  }

  /// Starts to measure what is found and to answer.
  ///
  /// @param discovery that has not been started
  /// @param look takes in files that changed; called every second
  static Plane start(
      PlaneConfig config,
      EnginePages pages,
      Discovery discovery,
      Runnable look,
      String version,
      InstantSource time) {
    requireKnownCallers(config);
    SignalPlane signals = measure(config, discovery.now(), pages, time);
    Surroundings surroundings = Surroundings.of(config, signals::latest, time);
    Act act = act(config, signals, surroundings, pages, time);
    Optional<Gate> gate = gate(config, time);
    try {
      return new Plane(config, signals, discovery, surroundings, act, gate, look, version, time);
    } catch (dev.inferscale.adapter.StartFault | StartFault e) {
      gate.ifPresent(Gate::close);
      act.close();
      surroundings.close();
      signals.close();
      throw new StartFault(String.valueOf(e.getMessage()), e);
    }
  }

  private static Act act(
      PlaneConfig config,
      SignalPlane signals,
      Surroundings surroundings,
      EnginePages pages,
      InstantSource time) {
    try {
      return Act.start(
          config.act(),
          config.adapter().selfSigned(),
          config.apis().mode(),
          config.kubernetes().discoverConfig(System.getenv()),
          new Act.Measured(signals::latest, pages::engines, surroundings.scaled()::about),
          time,
          System.out::println);
    } catch (IllegalArgumentException e) {
      surroundings.close();
      signals.close();
      throw new StartFault(String.valueOf(e.getMessage()), e);
    }
  }

  /// Without an API server nobody could say who calls.
  private static void requireKnownCallers(PlaneConfig config) {
    if (!(config.kubeAccess() instanceof KubeAccess.None)) {
      return;
    }
    if (config.adapterAsks() || config.observationAsks()) {
      String section = config.adapterAsks() ? "adapter" : "observation";
      throw new StartFault(
          ("%1$s.authentication needs the Kubernetes API, which says who calls and what they may:"
                  + " name a kubeconfig with --kubernetes.kubeconfig, or listen on loopback only with"
                  + " --%1$s.host 127.0.0.1 --%1$s.authentication none")
              .formatted(section));
    }
  }

  /// One for both servers, so that they share what is known of callers.
  private static Optional<Gate> gate(PlaneConfig config, InstantSource time) {
    return config.adapterAsks() || config.observationAsks()
        ? Optional.of(Gate.start(config.kubeAccess(), time, InstantSource.system()))
        : Optional.empty();
  }

  private static SignalPlane measure(
      PlaneConfig config, List<PoolTargets> targets, EnginePages pages, InstantSource time) {
    try {
      return SignalPlane.startAt(config.signalsConfig(), targets, pages, time);
    } catch (IllegalArgumentException e) {
      throw new StartFault(String.valueOf(e.getMessage()), e);
    }
  }

  private Plane(
      PlaneConfig config,
      SignalPlane signals,
      Discovery discovery,
      Surroundings surroundings,
      Act act,
      Optional<Gate> gate,
      Runnable look,
      String version,
      InstantSource time)
      throws dev.inferscale.adapter.StartFault {
    this.config = config;
    this.signals = signals;
    this.discovery = discovery;
    this.surroundings = surroundings;
    this.act = act;
    this.gate = gate;
    this.time = time;
    this.firstSync = new FirstSync(signals::latest, time, FIRST_SYNC);
    this.probes = new Probes(signals::latest, this::watches, firstSync, time);
    PlaneMetrics metrics = new PlaneMetrics(signals, this::watches, version, time);
    PrometheusRegistry registry = new PrometheusRegistry();
    registry.register(metrics);
    registry.register(act.metrics());
    registry.register(
        new GateMetrics(() -> gate.map(Gate::statistics).orElseGet(GateStatistics::none)));
    this.certificate = certificate();
    try {
      this.observation = startObservation(probes.pages(registry));
      this.adapter = startAdapter(version);
    } catch (dev.inferscale.adapter.StartFault | RuntimeException e) {
      certificate.close();
      throw e;
    }
    this.keda = startKeda();
    registry.register(
        new KedaMetrics(
            () -> keda.map(KedaListener::statistics).orElseGet(ScalerStatistics::none)));
    metrics.count("observation", observation::statistics);
    metrics.count("adapter", adapter::statistics);
    registry.register(new ServerMetrics(adapter));
    registry.register(new CertificateMetrics(certificate, keda.flatMap(KedaListener::tls)));
    surroundings.start(registry);
    discovery.start(this::follow);
    this.looking =
        Thread.ofVirtual()
            .name("looking")
            .start(() -> lookOften(List.of(look, surroundings::look)));
  }

  private ServingCertificate certificate() {
    AdapterConfig shown = config.adapterConfig(act.certificate());
    try {
      return ServingCertificate.open(
          "adapter", shown.certificate(), shown.reloadEvery(), gate.map(Gate::clients));
    } catch (CertificateFault e) {
      throw new StartFault(String.valueOf(e.getMessage()), e);
    }
  }

  private void follow(List<PoolTargets> targets, List<RejectedPool> rejected, boolean complete) {
    signals.follow(targets, rejected);
    if (complete) {
      firstSync.complete();
    }
  }

  private static void lookOften(List<Runnable> looks) {
    try {
      while (true) {
        TimeUnit.NANOSECONDS.sleep(LOOK_EVERY.toNanos());
        looks.forEach(Plane::lookOnce);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void lookOnce(Runnable look) {
    try {
      look.run();
    } catch (RuntimeException e) {
      // A bug of ours must not end the looking.
      LOG.atError().setCause(e).log("not looked; what was seen last stays");
    }
  }

  private ObservationServer startObservation(Map<String, Function<Request, Page>> mounted)
      throws dev.inferscale.adapter.StartFault {
    return config.observationAsks()
        ? ObservationServer.start(
            config.observationConfig(),
            gate.orElseThrow(),
            certificate,
            signals::latest,
            time,
            mounted,
            this::heard)
        : ObservationServer.start(
            config.observationConfig(), signals::latest, time, mounted, this::heard);
  }

  private boolean heard(Demand demand) {
    return signals.tell(
        new Outcome.Told(
            demand.pool(),
            demand.source(),
            demand.requests(),
            demand.tokens(),
            DemandApi.VALID_FOR,
            time.instant()));
  }

  private AdapterServer startAdapter(String version) throws dev.inferscale.adapter.StartFault {
    try {
      Optional<Gate> asked = config.adapterAsks() ? gate : Optional.empty();
      return AdapterServer.start(
          config.adapterConfig(act.certificate()),
          certificate,
          asked,
          new AdapterServer.Source(
              version, signals::latest, firstSync::reached, time, InstantSource.system()));
    } catch (dev.inferscale.adapter.StartFault e) {
      observation.close();
      throw e;
    }
  }

  private Optional<KedaListener> startKeda() {
    if (config.keda().isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(KedaListener.start(config.keda().get(), LOOK_EVERY, signals, time));
    } catch (StartFault e) {
      adapter.close();
      observation.close();
      certificate.close();
      throw e;
    }
  }

  private List<WatchState> watches() {
    return Stream.concat(discovery.watches().stream(), gate.stream().map(Gate::watch)).toList();
  }

  /// The latest picture; never waits.
  public Snapshot latest() {
    return signals.latest();
  }

  /// The clock of every age in it.
  public InstantSource time() {
    return time;
  }

  /// Where the observation API answers.
  public URI observation() {
    String scheme = config.observationAsks() ? "https" : "http";
    return URI.create(scheme + "://" + config.observation().host() + ":" + observation.port());
  }

  /// Where the metrics API answers.
  public URI adapter() {
    return URI.create("https://" + config.adapter().host() + ":" + adapter.port());
  }

  /// The port of KEDA's external scaler, where it listens.
  public OptionalInt kedaPort() {
    return keda.map(server -> OptionalInt.of(server.port())).orElseGet(OptionalInt::empty);
  }

  /// Says "not ready" for as long as the limit allows, while everything is still answered.
  @Override
  public void drain(Duration limit) throws InterruptedException {
    probes.drain();
    adapter.drain();
    keda.ifPresent(KedaListener::drain);
    closed.await(limit.toMillis(), TimeUnit.MILLISECONDS);
  }

  @Override
  public void close() {
    closed.countDown();
    keda.ifPresent(KedaListener::close);
    adapter.close();
    observation.close();
    certificate.close();
    gate.ifPresent(Gate::close);
    looking.interrupt();
    surroundings.close();
    act.close();
    discovery.close();
    signals.close();
  }
}
