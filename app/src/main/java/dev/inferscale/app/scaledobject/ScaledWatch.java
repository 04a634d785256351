package dev.inferscale.app.scaledobject;

import dev.inferscale.app.scaledobject.Warning.Kind;
import dev.inferscale.signals.discover.DiscoverConfig;
import dev.inferscale.signals.kube.ApiServer;
import dev.inferscale.signals.kube.KubeAccess;
import dev.inferscale.signals.kube.Reflector;
import dev.inferscale.signals.pool.PoolId;
import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.snapshot.Answer;
import dev.inferscale.signals.snapshot.Pool;
import dev.inferscale.signals.snapshot.Snapshot;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Watches the ScaledObjects and ScaledJobs of the namespaces that the plane sees, where KEDA is
/// there and they may be read, and warns of what is wrong with those that ask us.
public final class ScaledWatch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ScaledWatch.class);
  private static final String API = "/apis/keda.sh/v1alpha1";
  private static final List<String> RESOURCES = List.of("scaledobjects", "scaledjobs");

  /// Between two looks at all of them.
  static final Duration EVERY = Duration.ofSeconds(5);

  /// A plane that has just started does not know all its pools yet.
  private static final Duration FIRST_SYNC = Duration.ofSeconds(30);

  /// Without KEDA or the right to read, it tries once a minute.
  private static final Reflector.Timing PATIENT =
      new Reflector.Timing(
          Duration.ofSeconds(18),
          Duration.ofSeconds(4),
          Duration.ofSeconds(1),
          Duration.ofMinutes(1),
          Duration.ofSeconds(30));

  private final Supplier<Snapshot> latest;
  private final InstantSource time;
  private final Instant started;
  private final Optional<ApiServer> server;
  private final List<Reflector<ScaledDocument>> reflectors = new ArrayList<>();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Map<String, ScaledDocument> known = new ConcurrentHashMap<>();

  // Only the looking thread's.
  private Instant next;
  private Set<Warning> told = Set.of();

  /// Written by the looking thread, read by all.
  private volatile List<Warning> warnings = List.of();

  /// Asks nothing before [#start], and never where no cluster is known.
  ///
  /// @param latest snapshot, for what its pools need
  public ScaledWatch(DiscoverConfig config, Supplier<Snapshot> latest, InstantSource time) {
    this(config, latest, time, PATIENT);
  }

  ScaledWatch(
      DiscoverConfig config,
      Supplier<Snapshot> latest,
      InstantSource time,
      Reflector.Timing timing) {
    this.latest = latest;
    this.time = time;
    this.started = time.instant();
    this.next = started;
    this.server =
        config.access() instanceof KubeAccess.None
            ? Optional.empty()
            : Optional.of(new ApiServer(config.access()));
    List<String> scopes = config.namespaces().isEmpty() ? List.of("") : config.namespaces();
    server.ifPresent(asked -> {
      for (String scope : scopes) {
        RESOURCES.forEach(resource -> reflectors.add(reflector(asked, resource, scope, timing)));
      }
    });
  }

  private Reflector<ScaledDocument> reflector(
      ApiServer asked, String resource, String scope, Reflector.Timing timing) {
    String within = scope.isEmpty() ? "/" : "/namespaces/" + scope + "/";
    Reflector.Collection collection =
        new Reflector.Collection(resource, API + within + resource, scope, "", true);
    boolean jobs = resource.equals("scaledjobs");
    return new Reflector<>(asked, collection, ScaledDocument::read, new Kept(jobs), time, timing);
  }

  /// What one watch tells; documents that do not ask us are not kept.
  private final class Kept implements Reflector.Store<ScaledDocument> {
    private final boolean jobs;

    Kept(boolean jobs) {
      this.jobs = jobs;
    }

    @Override
    public void replace(String namespace, List<ScaledDocument> items) {
      Set<String> staying = new HashSet<>();
      for (ScaledDocument item : items) {
        put(item);
        staying.add(item.subject());
      }
      known
          .values()
          .removeIf(each ->
              each.isJob() == jobs
                  && (namespace.isEmpty() || each.namespace().equals(namespace))
                  && !staying.contains(each.subject()));
    }

    @Override
    public void put(ScaledDocument item) {
      if (item.triggers().isEmpty()) {
        known.remove(item.subject());
      } else {
        known.put(item.subject(), item);
      }
    }

    @Override
    public void remove(ScaledDocument item) {
      known.remove(item.subject());
    }
  }

  /// Begins to watch.
  public void start() {
    reflectors.forEach(threads::execute);
  }

  /// Looks at all of them if it is time to, and logs warnings that are new; called about once a
  /// second by one thread.
  public void look() {
    Instant now = time.instant();
    if (now.isBefore(next)) {
      return;
    }
    next = now.plus(EVERY);
    lookNow();
  }

  void lookNow() {
    Instant now = time.instant();
    Map<PoolId, PoolFacts> pools = facts(latest.get(), now);
    boolean all = Duration.between(started, now).compareTo(FIRST_SYNC) >= 0;
    List<Warning> found = new ArrayList<>();
    known.values().forEach(each -> found.addAll(ScaledFindings.of(each, pools, all)));
    for (Warning warning : found) {
      if (!told.contains(warning)) {
        LOG.atWarn().addKeyValue("subject", warning.subject()).log(warning.sentence());
      }
    }
    told = Set.copyOf(found);
    warnings = List.copyOf(found);
  }

  private static Map<PoolId, PoolFacts> facts(Snapshot snapshot, Instant now) {
    Map<PoolId, PoolFacts> facts = new HashMap<>();
    for (Pool pool : snapshot.pools().values()) {
      OptionalInt running =
          pool.answer(Signal.REPLICAS, OptionalDouble.empty(), now) instanceof Answer.Value value
              ? OptionalInt.of((int) value.number())
              : OptionalInt.empty();
      facts.put(pool.id(), new PoolFacts(pool.config().capacity(), running));
    }
    return facts;
  }

  /// What is wrong with those that ask for a pool, as of the last look; never waits.
  public List<String> about(PoolId pool) {
    return warnings.stream()
        .filter(warning -> pool.equals(warning.pool()))
        .map(warning -> warning.subject() + ": " + warning.sentence())
        .toList();
  }

  /// For the plane's metrics page: a row for each kind.
  public MultiCollector metrics() {
    return () -> {
      GaugeSnapshot.Builder gauge =
          GaugeSnapshot.builder()
              .name("inferscale_scaled_object_warnings")
              .help(
                  "What is wrong with the ScaledObjects and ScaledJobs that ask the plane, by what"
                      + " it is about; the log says each.");
      List<Warning> now = warnings;
      for (Kind kind : Kind.values()) {
        gauge.dataPoint(
            row(
                Labels.of("kind", kind.word()),
                (double) now.stream().filter(warning -> warning.kind() == kind).count()));
      }
      return MetricSnapshots.builder()
          .metricSnapshot(gauge.build())
          .metricSnapshot(
              GaugeSnapshot.builder()
                  .name("inferscale_scaled_objects")
                  .help("ScaledObjects and ScaledJobs that ask the plane, as far as they are seen.")
                  .dataPoint(row(Labels.EMPTY, known.size()))
                  .build())
          .build();
    };
  }

  private static GaugeDataPointSnapshot row(Labels labels, double value) {
    return GaugeDataPointSnapshot.builder().labels(labels).value(value).build();
  }

  /// Ends all threads and waits for them.
  @Override
  public void close() {
    threads.shutdownNow();
    threads.close();
    server.ifPresent(ApiServer::close);
  }
}
