package dev.inferscale.adapter;

import dev.inferscale.signals.pool.PoolId;
import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.snapshot.Absence;
import dev.inferscale.signals.snapshot.Answer;
import dev.inferscale.signals.snapshot.Pool;
import dev.inferscale.signals.snapshot.Quality;
import dev.inferscale.signals.snapshot.Snapshot;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// A pool whose answers are written down by the test. The one place that knows how pools and
/// snapshots are made.
public final class HandMadePool implements Pool {
  /// When every snapshot here was folded, on the monotonic clock.
  public static final Instant FOLDED = Instant.parse("2026-11-25T08:00:00Z");

  private final PoolId id;
  private final String model;
  private final Map<String, String> labels;
  private final Map<Signal, Answer> answers = new EnumMap<>(Signal.class);

  private HandMadePool(PoolId id, String model, Map<String, String> labels) {
    this.id = id;
    this.model = model;
    this.labels = labels;
  }

  /// A pool with the usual labels whose every signal is `not_yet`.
  public static HandMadePool named(String namespace, String name, String model) {
    String alias = model.replace('/', '_').replace(':', '_');
    return new HandMadePool(
        new PoolId(namespace, name), model, Map.of("pool", name, "model", alias));
  }

  /// A pool with a value for everything but money and replicas.
  public static HandMadePool busy(String namespace, String name, String model) {
    HandMadePool pool = named(namespace, name, model);
    for (Signal signal : Signal.values()) {
      if (signal.target() != Signal.Target.NONE && signal != Signal.REPLICAS_REQUIRED) {
        pool.with(signal, signal.unit() == Signal.Unit.SECONDS ? 0.25 : 1_234.5);
      }
    }
    return pool;
  }

  public static Snapshot snapshot(Pool... pools) {
    return snapshot(FOLDED, pools);
  }

  public static Snapshot snapshot(Instant at, Pool... pools) {
    SortedMap<PoolId, Pool> byId = new TreeMap<>();
    for (Pool pool : pools) {
      byId.put(pool.id(), pool);
    }
    return new Snapshot(7, at, byId);
  }

  /// A value one and a half seconds old.
  public static Answer.Value value(double number, @Nullable Duration window) {
    return new Answer.Value(
        number,
        Duration.ofMillis(1_500),
        window,
        Quality.EXACT,
        2,
        2,
        List.of("vllm:num_requests_waiting"),
        "");
  }

  public HandMadePool with(Signal signal, double number) {
    return with(signal, value(number, null));
  }

  public HandMadePool with(Signal signal, Answer answer) {
    answers.put(signal, answer);
    return this;
  }

  public HandMadePool without(
      Signal signal, Absence why, String explanation, @Nullable Duration age) {
    return with(signal, new Answer.Missing(why, explanation, age));
  }

  @Override
  public PoolId id() {
    return id;
  }

  @Override
  public String model() {
    return model;
  }

  @Override
  public Map<String, String> labels() {
    return labels;
  }

  @Override
  public String engine() {
    return "vllm";
  }

  @Override
  public List<TargetState> targets() {
    return List.of(
        new TargetState("127.0.0.1:18001", "up", ""),
        new TargetState("127.0.0.1:18002", "unreachable", "connection refused"));
  }

  /// A quantile answers the default's value times the quantile, so that tests can tell them apart.
  @Override
  public Answer answer(Signal signal, OptionalDouble quantile, Instant now) {
    Answer answer =
        answers.getOrDefault(
            signal, new Answer.Missing(Absence.NOT_YET, "no reading so far; wait", null));
    return answer instanceof Answer.Value value && quantile.isPresent()
        ? value(value.number() * quantile.getAsDouble(), value.window())
        : answer;
  }
}
