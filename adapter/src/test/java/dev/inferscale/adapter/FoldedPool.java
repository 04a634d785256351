package dev.inferscale.adapter;

import dev.inferscale.signals.pool.Credentials;
import dev.inferscale.signals.pool.ModelPool;
import dev.inferscale.signals.pool.PoolId;
import dev.inferscale.signals.pool.PoolTargets;
import dev.inferscale.signals.pool.PoolsFile;
import dev.inferscale.signals.pool.Replicas;
import dev.inferscale.signals.pool.ServingPod;
import dev.inferscale.signals.pool.Target;
import dev.inferscale.signals.profile.Reading;
import dev.inferscale.signals.profile.Reading.Counter;
import dev.inferscale.signals.profile.Reading.Distribution;
import dev.inferscale.signals.profile.Reading.Gauge;
import dev.inferscale.signals.profile.Reading.Grade;
import dev.inferscale.signals.profile.Reading.Histogram;
import dev.inferscale.signals.profile.Reading.Provenance;
import dev.inferscale.signals.profile.Reading.Ranks;
import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.snapshot.Snapshot;
import dev.inferscale.signals.snapshot.Windows;
import dev.inferscale.signals.window.FetchFault;
import dev.inferscale.signals.window.Outcome;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// A pool of targets that were read for a minute, folded as the plane folds; two unless said
/// otherwise. The first target carries the numbers; the others are idle, and the last has just
/// stopped answering.
public final class FoldedPool {
  /// When every snapshot here was folded, on the monotonic clock.
  public static final Instant FOLDED = Instant.parse("2026-11-25T08:00:00Z");

  /// Before the fold, so that a read a second later sees values that are 1.5 s old.
  private static final Duration LAST_READ = Duration.ofMillis(500);

  private static final Duration STEP = Duration.ofSeconds(15);
  private static final int STEPS = 5;
  private static final List<Ranks> RANKS =
      Collections.nCopies(Counter.values().length + Distribution.values().length, Ranks.ONE);
  private static final String SERIES = "vllm:num_requests_waiting";

  private final PoolId id;
  private final String model;
  private final Map<Gauge, Double> gauges = new EnumMap<>(Gauge.class);
  private final Map<Counter, Double> perStep = new EnumMap<>(Counter.class);
  private final Map<Distribution, Double> ninetieths = new EnumMap<>(Distribution.class);
  private final Map<Signal, String> absent = new EnumMap<>(Signal.class);
  private String price = "";
  private String scaled = "";
  private @Nullable Map<String, String> podLabels;
  private String podsOf;
  private Duration silence = Duration.ZERO;
  private int targets = 2;
  private int answering = 2;
  private @Nullable FetchFault fault = FetchFault.UNREACHABLE;

  private FoldedPool(PoolId id, String model) {
    this.id = id;
    this.model = model;
    this.podsOf = id.name();
  }

  /// A pool with nothing waiting and nothing running.
  public static FoldedPool named(String namespace, String name, String model) {
    return new FoldedPool(new PoolId(namespace, name), model)
        .with(Gauge.REQUESTS_WAITING, 0)
        .with(Gauge.REQUESTS_RUNNING, 0);
  }

  /// A pool with a value for everything but replicas.
  public static FoldedPool busy(String namespace, String name, String model) {
    FoldedPool pool = named(namespace, name, model).priced(3);
    for (Gauge gauge : Gauge.values()) {
      pool.with(gauge, gauge == Gauge.KV_CACHE_UTILIZATION ? 0.4 : 12);
    }
    pool.with(Gauge.GPU_UTILIZATION_SUM, 6);
    for (Counter counter : Counter.values()) {
      pool.perStep.put(counter, 300.0);
    }
    for (Distribution distribution : Distribution.values()) {
      pool.ninetieth(distribution, 0.25);
    }
    return pool;
  }

  public FoldedPool with(Gauge gauge, double value) {
    gauges.put(gauge, value);
    return this;
  }

  /// Observations spread evenly, of which nine tenths lie below the value.
  public FoldedPool ninetieth(Distribution distribution, double value) {
    ninetieths.put(distribution, value);
    return this;
  }

  /// The engine does not export a signal, and the profile says why.
  public FoldedPool absent(Signal signal, String sentence) {
    absent.put(signal, sentence);
    return this;
  }

  public FoldedPool priced(double usdPerReplicaHour) {
    price = "capacity: {usdPerReplicaHour: " + usdPerReplicaHour + "}";
    return this;
  }

  /// Its targets are the pods `NAME-0`, `NAME-1` and so on, with these labels.
  public FoldedPool onPods(Map<String, String> labels) {
    podLabels = Map.copyOf(labels);
    return this;
  }

  /// Its targets are the same pods as another's.
  public FoldedPool podsOf(FoldedPool other) {
    podLabels = other.podLabels;
    podsOf = other.podsOf;
    return this;
  }

  /// What the autoscaler scales.
  public FoldedPool scaling(String apiVersion, String kind, String object) {
    scaled =
        "scaleTargetRef: {apiVersion: %s, kind: %s, name: %s}".formatted(apiVersion, kind, object);
    return this;
  }

  /// No target has been read for so long before the fold.
  public FoldedPool silentFor(Duration duration) {
    silence = duration;
    return this;
  }

  /// How many targets there are, and how many of them were ever read.
  public FoldedPool targets(int all, int read) {
    targets = all;
    answering = read;
    return this;
  }

  /// What came of asking the last target, and those that were never read; null where none was asked
  /// again.
  public FoldedPool fault(@Nullable FetchFault last) {
    fault = last;
    return this;
  }

  public static Snapshot snapshot(FoldedPool... pools) {
    return snapshot(FOLDED, pools);
  }

  /// The pools as they are at `at`; a pool's minute of readings ends shortly before.
  public static Snapshot snapshot(Instant at, FoldedPool... pools) {
    List<PoolTargets> listed = Arrays.stream(pools).map(FoldedPool::listed).toList();
    List<Outcome> outcomes = new ArrayList<>();
    for (int i = 0; i < pools.length; i++) {
      pools[i].read(listed.get(i).targets(), at, outcomes);
    }
    return new Windows().fold(outcomes, listed, at);
  }

  /// The pool as its user wrote it, with its targets.
  PoolTargets listed() {
    PoolsFile file =
        PoolsFile.parse(
            """
            apiVersion: inferscale.dev/v1alpha1
            kind: ModelPool
            metadata: {name: %s, namespace: %s}
            spec:
              model: x
              source: {endpoints: [http://127.0.0.1:18001/metrics]}
              %s
              %s
            """
                .formatted(id.name(), id.namespace(), price, scaled));
    ModelPool parsed = file.pools().getFirst();
    ModelPool pool =
        new ModelPool(
            id,
            model,
            parsed.role(),
            parsed.source(),
            parsed.front(),
            parsed.engine(),
            parsed.interval(),
            parsed.windows(),
            parsed.scaleTarget(),
            parsed.traffic(),
            parsed.objectives(),
            parsed.capacity(),
            parsed.missing());
    List<Target> each = IntStream.range(0, targets).mapToObj(this::target).toList();
    return new PoolTargets(
        pool,
        model.replaceAll("[^A-Za-z0-9._-]", "_"),
        each,
        Set.of(),
        pods(each),
        null,
        Replicas.UNREAD,
        Credentials.NONE);
  }

  private List<ServingPod> pods(List<Target> each) {
    Map<String, String> labels = podLabels;
    return labels == null
        ? List.of()
        : IntStream.range(0, targets)
            .mapToObj(i -> new ServingPod(podsOf + "-" + i, labels, List.of(each.get(i))))
            .toList();
  }

  private Target target(int index) {
    String host = "127.0.0.1:" + (18_001 + index);
    return new Target(id, host, URI.create("http://" + host + "/metrics"));
  }

  private void read(List<Target> listed, Instant at, List<Outcome> outcomes) {
    for (int step = 1; step <= STEPS; step++) {
      Instant then = at.minus(silence).minus(LAST_READ).minus(STEP.multipliedBy(STEPS - step));
      outcomes.addAll(readings(listed, then, step));
    }
    for (int i = 0; fault != null && i < targets; i++) {
      if (i >= answering || i == targets - 1) {
        String detail = fault == FetchFault.UNREACHABLE ? "connection refused" : "no metrics text";
        outcomes.add(new Outcome.Failed(listed.get(i), fault, detail, at.minus(silence)));
      }
    }
  }

  /// What the targets that answer say when their totals have been counted up so many times.
  List<Outcome> readings(List<Target> listed, Instant at, int step) {
    return IntStream.range(0, answering)
        .<Outcome>mapToObj(
            i -> new Outcome.Read(reading(listed.get(i), at, step, i == 0 ? 1 : 0), 0))
        .toList();
  }

  /// @param share of the additive numbers that this target has
  private Reading reading(Target target, Instant at, int step, double share) {
    double[] levels = new double[Gauge.values().length];
    Arrays.fill(levels, Double.NaN);
    gauges.forEach(
        (gauge, value) -> levels[gauge.ordinal()] = isRatio(gauge) ? value : share * value);
    double[] totals = new double[Counter.values().length];
    Arrays.fill(totals, Double.NaN);
    perStep.forEach((counter, value) -> totals[counter.ordinal()] = share * value * step);
    @Nullable Histogram[] histograms = new Histogram[Distribution.values().length];
    ninetieths.forEach(
        (distribution, value) -> histograms[distribution.ordinal()] = histogram(value, step));
    return new Reading(
        target, at, "vllm", model, levels, totals, histograms, provenance(), RANKS, "");
  }

  private static boolean isRatio(Gauge gauge) {
    return gauge == Gauge.KV_CACHE_UTILIZATION;
  }

  private static Histogram histogram(double ninetieth, int step) {
    double count = 100.0 * step;
    double most = ninetieth / 0.9;
    return new Histogram(new double[] {0, most}, new double[] {0, count, count}, count * most / 2);
  }

  private List<Provenance> provenance() {
    return Arrays.stream(Signal.values())
        .map(signal ->
            absent.containsKey(signal)
                ? new Provenance(List.of(), Grade.ABSENT, absent.get(signal))
                : new Provenance(List.of(SERIES), Grade.DIRECT, ""))
        .toList();
  }
}
