package dev.inferscale.app.apis;

import com.fasterxml.jackson.databind.JsonNode;
import dev.inferscale.signals.kube.ApiServer;
import dev.inferscale.signals.kube.KubeAccess;
import dev.inferscale.signals.kube.Reflector;
import dev.inferscale.signals.kube.WatchState;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Watches the APIServices of the metrics APIs and says, once per change, whose they are. What
/// cannot be read is unknown, and nothing else depends on it.
public final class RegistrationWatch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RegistrationWatch.class);

  /// So long what was read counts when it cannot be read any more.
  static final Duration BELIEVED = Duration.ofMinutes(1);

  /// A plane that has just started does not say yet that it knows nothing.
  private static final Duration FIRST_READ = Duration.ofSeconds(10);

  /// Without the right to read, or without an API server, it tries once a minute.
  private static final Reflector.Timing PATIENT =
      new Reflector.Timing(
          Duration.ofSeconds(18),
          Duration.ofSeconds(4),
          Duration.ofSeconds(1),
          Duration.ofMinutes(1),
          Duration.ofSeconds(30));

  private static final List<Mode> MODES = List.of(Mode.KEDA, Mode.EXTERNAL, Mode.CUSTOM, Mode.NONE);

  private final Mode configured;
  private final boolean answersKeda;
  private final String ours;
  private final InstantSource time;
  private final java.time.Instant started;
  private final Map<MetricsApi, One> watched = new EnumMap<>(MetricsApi.class);
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Optional<ApiServer> server;

  // Only the looking thread's.
  private String said = "";
  private Set<String> warned = Set.of();

  /// Asks nothing before [#start], and never where no cluster is known.
  ///
  /// @param answersKeda whether the plane has its gRPC server
  /// @param ours `NAMESPACE/NAME` of the plane's Service
  public RegistrationWatch(
      Mode configured, boolean answersKeda, String ours, KubeAccess access, InstantSource time) {
    this(configured, answersKeda, ours, access, time, PATIENT);
  }

  RegistrationWatch(
      Mode configured,
      boolean answersKeda,
      String ours,
      KubeAccess access,
      InstantSource time,
      Reflector.Timing timing) {
    this.configured = configured;
    this.answersKeda = answersKeda;
    this.ours = ours;
    this.time = time;
    this.started = time.instant();
    this.server =
        access instanceof KubeAccess.None ? Optional.empty() : Optional.of(new ApiServer(access));
    server.ifPresent(asked -> {
      for (MetricsApi api : MetricsApi.values()) {
        watched.put(api, new One(asked, api, timing));
      }
    });
  }

  /// One APIService; the right to read it is bound to its name, so that it is asked for by name.
  private final class One implements Reflector.Store<Registered> {
    private final Reflector<Registered> reflector;

    /// Written by the watch, read by everybody.
    private volatile Registered now = Registered.UNKNOWN;

    One(ApiServer asked, MetricsApi api, Reflector.Timing timing) {
      Reflector.Collection collection =
          new Reflector.Collection(
              "apiservices",
              MetricsApi.folder(),
              "",
              "fieldSelector=metadata.name%3D" + api.apiService(),
              true);
      reflector = new Reflector<>(asked, collection, this::read, this, time, timing);
    }

    private Registered read(JsonNode document) {
      return Registered.read(document, ours);
    }

    Registered known() {
      WatchState state = reflector.state();
      boolean believed = state.up() || state.age().compareTo(BELIEVED) < 0;
      return state.synced() && believed ? now : Registered.UNKNOWN;
    }

    @Override
    public void replace(String namespace, List<Registered> items) {
      now = items.isEmpty() ? Registered.ABSENT : items.getFirst();
    }

    @Override
    public void put(Registered item) {
      now = item;
    }

    @Override
    public void remove(Registered item) {
      now = Registered.ABSENT;
    }
  }

  /// Begins to watch.
  public void start() {
    watched.values().forEach(one -> threads.execute(one.reflector));
  }

  /// What is known of one API now; never waits.
  public Registered known(MetricsApi api) {
    One one = watched.get(api);
    return one == null ? Registered.UNKNOWN : one.known();
  }

  /// What the plane is now; never waits.
  public Stance stance() {
    Map<MetricsApi, Registered> found = new EnumMap<>(MetricsApi.class);
    watched.forEach((api, one) -> found.put(api, one.known()));
    return Stance.of(configured, answersKeda, found);
  }

  /// Logs what has changed since the last look; called about once a second by one thread.
  public void look() {
    if (server.isEmpty()) {
      return;
    }
    Stance now = stance();
    boolean early = Duration.between(started, time.instant()).compareTo(FIRST_READ) < 0;
    boolean read = known(MetricsApi.EXTERNAL).owner() != Owner.UNKNOWN;
    if (!now.said().equals(said) && (read || !early)) {
      said = now.said();
      LOG.atInfo()
          .addKeyValue("mode", now.mode().map(Mode::word).orElse(Owner.UNKNOWN.word()))
          .log(said);
    }
    Set<String> warnings = new HashSet<>(now.warnings());
    now.warnings().stream().filter(each -> !warned.contains(each)).forEach(LOG::warn);
    warned = warnings;
  }

  /// For the plane's metrics page: a row for each API and for each mode.
  public MultiCollector metrics() {
    return () -> MetricSnapshots.builder().metricSnapshot(owners()).metricSnapshot(modes()).build();
  }

  private GaugeSnapshot owners() {
    GaugeSnapshot.Builder gauge =
        GaugeSnapshot.builder()
            .name("inferscale_apiservice")
            .help(
                "Always 1; its labels say whose each APIService of the metrics APIs is: absent, ours,"
                    + " keda, foreign or unknown.");
    for (MetricsApi api : MetricsApi.values()) {
      Registered now = known(api);
      gauge.dataPoint(
          row(
              Labels.of(
                  "apiservice",
                  api.apiService(),
                  "owner",
                  now.owner().word(),
                  "service",
                  now.service()),
              true));
    }
    return gauge.build();
  }

  private GaugeSnapshot modes() {
    GaugeSnapshot.Builder gauge =
        GaugeSnapshot.builder()
            .name("inferscale_mode")
            .help(
                "1 for what the plane is to the cluster: as apis.mode says, or as auto found;"
                    + " unknown while that cannot be told.");
    Optional<Mode> now = stance().mode();
    List<GaugeDataPointSnapshot> rows = new ArrayList<>();
    for (Mode mode : MODES) {
      rows.add(row(Labels.of("mode", mode.word()), now.equals(Optional.of(mode))));
    }
    rows.add(row(Labels.of("mode", Owner.UNKNOWN.word()), now.isEmpty()));
    rows.forEach(gauge::dataPoint);
    return gauge.build();
  }

  private static GaugeDataPointSnapshot row(Labels labels, boolean holds) {
    return GaugeDataPointSnapshot.builder().labels(labels).value(holds ? 1 : 0).build();
  }

  /// Ends all threads and waits for them.
  @Override
  public void close() {
    threads.shutdownNow();
    threads.close();
    server.ifPresent(ApiServer::close);
  }
}
