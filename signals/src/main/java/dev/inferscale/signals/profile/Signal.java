package dev.inferscale.signals.profile;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/// Everything that can be asked about a pool: the public vocabulary, served under these names by
/// every surface.
public enum Signal {
  REQUESTS_WAITING("inference_requests_waiting", Unit.REQUESTS, Target.AVERAGE_VALUE, 4),
  REQUESTS_RUNNING("inference_requests_running", Unit.REQUESTS, Target.AVERAGE_VALUE, 32),
  REQUESTS_IN_FLIGHT("inference_requests_in_flight", Unit.REQUESTS, Target.AVERAGE_VALUE, 32),
  TOKENS_IN_FLIGHT("inference_tokens_in_flight", Unit.TOKENS, Target.AVERAGE_VALUE, 16_000),
  TOKENS_RUNNING("inference_tokens_running", Unit.TOKENS, Target.AVERAGE_VALUE, 16_000),
  TOKENS_WAITING("inference_tokens_waiting", Unit.TOKENS, Target.AVERAGE_VALUE, 4_000),
  QUEUE_WAIT("inference_queue_wait_seconds", Unit.SECONDS, Target.VALUE, 1),
  QUEUE_OLDEST("inference_queue_oldest_seconds", Unit.SECONDS, Target.VALUE, 2),
  TIME_TO_FIRST_TOKEN("inference_ttft_seconds", Unit.SECONDS, Target.VALUE, 1),
  INTER_TOKEN_LATENCY("inference_itl_seconds", Unit.SECONDS, Target.VALUE, 0.1),
  TIME_PER_OUTPUT_TOKEN("inference_tpot_seconds", Unit.SECONDS, Target.VALUE, 0.1),
  LATENCY("inference_latency_seconds", Unit.SECONDS, Target.VALUE, 30),
  PROMPT_TOKENS_PER_SECOND(
      "inference_prompt_tokens_per_second", Unit.PER_SECOND, Target.AVERAGE_VALUE, 8_000),
  GENERATION_TOKENS_PER_SECOND(
      "inference_generation_tokens_per_second", Unit.PER_SECOND, Target.AVERAGE_VALUE, 1_000),
  REQUESTS_PER_SECOND("inference_requests_per_second", Unit.PER_SECOND, Target.AVERAGE_VALUE, 4),
  REJECTIONS_PER_SECOND(
      "inference_rejections_per_second", Unit.PER_SECOND, Target.AVERAGE_VALUE, 0.1),
  KV_CACHE_UTILIZATION("inference_kv_cache_utilization", Unit.RATIO, Target.VALUE, 0.8),
  KV_CACHE_PODS_FULL("inference_kv_cache_pods_full", Unit.PODS, Target.AVERAGE_VALUE, 0.8),
  KV_CACHE_CAPACITY_TOKENS(
      "inference_kv_cache_capacity_tokens", Unit.TOKENS, Target.AVERAGE_VALUE, 100_000),
  SUCCESS_RATIO("inference_success_ratio", Unit.RATIO, Target.VALUE, 0.99),
  ERROR_RATIO("inference_error_ratio", Unit.RATIO, Target.VALUE, 0.05),
  TIMEOUT_RATIO("inference_timeout_ratio", Unit.RATIO, Target.VALUE, 0.05),
  GPU_UTILIZATION("inference_gpu_utilization", Unit.RATIO, Target.VALUE, 0.8),
  GPU_MEMORY_UTILIZATION("inference_gpu_memory_utilization", Unit.RATIO, Target.VALUE, 0.9),
  GPU_MEMORY_USED_BYTES("inference_gpu_memory_used_bytes", Unit.BYTES, Target.AVERAGE_VALUE, 60e9),
  COST_USD_PER_HOUR("inference_cost_usd_per_hour", Unit.USD, Target.NONE, 0),
  COST_USD_PER_MILLION_TOKENS("inference_cost_usd_per_million_tokens", Unit.USD, Target.NONE, 0),
  REPLICAS_REQUIRED("inference_replicas_required", Unit.REPLICAS, Target.AVERAGE_VALUE, 1),
  REPLICAS("inference_replicas", Unit.REPLICAS, Target.NONE, 0),
  REPLICAS_READY("inference_replicas_ready", Unit.REPLICAS, Target.NONE, 0),
  REPLICAS_STARTING("inference_replicas_starting", Unit.REPLICAS, Target.NONE, 0);

  private static final Map<String, Signal> BY_NAME =
      Arrays.stream(values())
          .collect(Collectors.toUnmodifiableMap(Signal::wireName, Function.identity()));

  private final String wireName;
  private final Unit unit;
  private final Target target;
  private final double defaultTarget;

  Signal(String wireName, Unit unit, Target target, double defaultTarget) {
    this.wireName = wireName;
    this.unit = unit;
    this.target = target;
    this.defaultTarget = defaultTarget;
  }

  /// The name under which it is served, lower case since the HPA's client lower-cases names.
  public String wireName() {
    return wireName;
  }

  public Unit unit() {
    return unit;
  }

  /// Which kind of HPA target makes sense; a `VALUE` signal must never be summed over pools.
  public Target target() {
    return target;
  }

  /// What a scaler aims at for one replica, or for the pool's mean or quantile, where nobody says:
  /// a beginning for one accelerator and a model of about 8 B parameters, to be replaced by what
  /// the pool's own objectives ask for. 0 where [#target] is `NONE`.
  public double defaultTarget() {
    return defaultTarget;
  }

  /// How a pool's value comes of its targets'.
  public Fold fold() {
    return switch (this) {
      case REQUESTS_WAITING,
          REQUESTS_RUNNING,
          REQUESTS_IN_FLIGHT,
          TOKENS_IN_FLIGHT,
          TOKENS_RUNNING,
          TOKENS_WAITING,
          PROMPT_TOKENS_PER_SECOND,
          GENERATION_TOKENS_PER_SECOND,
          REQUESTS_PER_SECOND,
          REJECTIONS_PER_SECOND,
          KV_CACHE_PODS_FULL,
          KV_CACHE_CAPACITY_TOKENS,
          GPU_MEMORY_USED_BYTES ->
          Fold.SUM;
      case QUEUE_WAIT -> Fold.NOWCAST;
      case QUEUE_OLDEST -> Fold.LARGEST;
      case TIME_TO_FIRST_TOKEN, INTER_TOKEN_LATENCY, TIME_PER_OUTPUT_TOKEN, LATENCY ->
          Fold.QUANTILE;
      case KV_CACHE_UTILIZATION -> Fold.MEAN_BY_CAPACITY;
      case SUCCESS_RATIO, ERROR_RATIO, TIMEOUT_RATIO -> Fold.SHARE_OF_INCREASES;
      case GPU_UTILIZATION -> Fold.MEAN_OVER_GPUS;
      case GPU_MEMORY_UTILIZATION -> Fold.SHARE_OF_SIZE;
      case COST_USD_PER_HOUR -> Fold.PRICE;
      case COST_USD_PER_MILLION_TOKENS -> Fold.PRICE_OVER_TOKENS;
      case REPLICAS, REPLICAS_READY, REPLICAS_STARTING -> Fold.SCALE;
      case REPLICAS_REQUIRED -> Fold.NONE;
    };
  }

  /// True for the signals that are distributions, which a `quantile` may be asked of.
  public boolean hasQuantiles() {
    return fold() == Fold.QUANTILE || fold() == Fold.NOWCAST;
  }

  /// True for the signals that each pod has for itself; the others are the pool's alone.
  public boolean hasPods() {
    return fold() != Fold.SCALE && fold() != Fold.NONE;
  }

  /// The signal of that exact (lower-case) name.
  public static Optional<Signal> named(String wireName) {
    return Optional.ofNullable(BY_NAME.get(wireName));
  }

  /// How targets' values become a pool's, as documents and HELP lines print it.
  public enum Fold {
    SUM("sum"),
    NOWCAST("nowcast, or with `quantile` as for latencies"),
    LARGEST("largest"),
    QUANTILE("bucket increases added up, then the quantile"),
    MEAN_BY_CAPACITY("mean, weighted by capacity"),
    SHARE_OF_INCREASES("summed increases, divided"),
    MEAN_OVER_GPUS("mean over the GPUs"),
    SHARE_OF_SIZE("summed use over summed size"),
    PRICE("price times targets that answer"),
    PRICE_OVER_TOKENS("summed price over summed tokens"),
    SCALE("from the scale target and its pods"),
    NONE("none in this version");

    private final String text;

    Fold(String text) {
      this.text = text;
    }

    public String text() {
      return text;
    }
  }

  /// Units as documents print them.
  public enum Unit {
    REQUESTS("requests"),
    TOKENS("tokens"),
    SECONDS("s"),
    PER_SECOND("1/s"),
    RATIO("ratio"),
    PODS("pods"),
    BYTES("bytes"),
    USD("USD"),
    REPLICAS("replicas");

    private final String symbol;

    Unit(String symbol) {
      this.symbol = symbol;
    }

    public String symbol() {
      return symbol;
    }
  }

  /// The HPA target types: `AverageValue` divides a sum by the replicas, `Value` compares a mean or
  /// a quantile.
  public enum Target {
    AVERAGE_VALUE,
    VALUE,
    NONE
  }
}
