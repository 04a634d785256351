package dev.inferscale.worker.telemetry;

import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.datapoints.DistributionDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.core.metrics.Info;
import io.prometheus.metrics.instrumentation.jvm.ProcessMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/// Every metric of the worker. Counters and histograms are written as things happen, gauges are
/// asked for at each scrape; all outcomes stand at 0 from the start, so that an increase is never
/// mistaken for a new series.
///
/// Safe for use by any thread.
public final class WorkerMetrics {
  private static final String PREFIX = "inference_worker_";

  private final PrometheusRegistry registry;
  private final Identity identity;
  private final Map<Outcome, CounterDataPoint> requests = new EnumMap<>(Outcome.class);
  private final CounterDataPoint promptTokens;
  private final CounterDataPoint generationTokens;
  private final CounterDataPoint preemptions;
  private final DistributionDataPoint queueWait;
  private final DistributionDataPoint timeToFirstToken;
  private final DistributionDataPoint interTokenLatency;
  private final DistributionDataPoint timePerOutputToken;
  private final DistributionDataPoint duration;
  private final DistributionDataPoint requestPromptTokens;
  private final DistributionDataPoint requestGenerationTokens;
  private final OtelTwins otel;
  private final TenantMetrics tenants;

  /// Registers all families but the gauges of [#watch].
  public WorkerMetrics(PrometheusRegistry registry, Identity identity) {
    this.registry = registry;
    this.identity = identity;
    ProcessMetrics.builder().register(registry);
    registerFixed();
    Counter outcomes =
        Counter.builder()
            .name(PREFIX + "requests")
            .help("Requests by outcome and reason.")
            .labelNames("model", "outcome", "reason")
            .register(registry);
    for (Outcome outcome : Outcome.values()) {
      requests.put(
          outcome, outcomes.labelValues(identity.model(), outcome.outcome(), outcome.reason()));
    }
    promptTokens =
        counter("prompt_tokens", "Prompt tokens prefilled, counted as they are computed.");
    counter("prompt_tokens_cached", "Prompt tokens served from cache.");
    generationTokens =
        counter("generation_tokens", "Tokens generated, counted as they are emitted.");
    preemptions = counter("preemptions", "Requests preempted.");
    queueWait =
        histogram(
            "queue_wait_seconds",
            "Wait before scheduling, observed when a request leaves the queue.",
            Buckets.QUEUE_WAIT);
    timeToFirstToken =
        histogram(
            "time_to_first_token_seconds", "Time to first token.", Buckets.TIME_TO_FIRST_TOKEN);
    interTokenLatency =
        histogram("inter_token_latency_seconds", "Gap between tokens.", Buckets.TOKEN_GAP);
    timePerOutputToken =
        histogram(
            "time_per_output_token_seconds",
            "Decode time / (output tokens - 1) per request.",
            Buckets.TOKEN_GAP);
    duration = histogram("request_duration_seconds", "End to end latency.", Buckets.DURATION);
    requestPromptTokens =
        histogram("request_prompt_tokens", "Prompt tokens per request.", Buckets.TOKENS);
    requestGenerationTokens =
        histogram("request_generation_tokens", "Output tokens per request.", Buckets.TOKENS);
    otel = new OtelTwins(registry, identity.model());
    tenants = new TenantMetrics(registry, identity);
  }

  /// Registers the gauges that `load` answers at each scrape. Called once, by the engine.
  public void watch(Supplier<Load> load) {
    gauge("requests_waiting", "Requests accepted and not yet scheduled.", load, Load::waiting);
    gauge("requests_running", "Requests in the running batch.", load, Load::running);
    gauge(
        "queue_oldest_wait_seconds",
        "Age of the oldest waiting request.",
        load,
        now -> Seconds.of(now.oldestWait()));
    gauge(
        "kv_cache_used_tokens",
        "KV-cache tokens held by running requests.",
        load,
        Load::kvUsedTokens);
    gauge(
        "kv_cache_utilization_ratio",
        "used / capacity.",
        load,
        now -> (double) now.kvUsedTokens() / identity.kvCapacityTokens());
    GaugeWithCallback.builder()
        .name(PREFIX + "tokens_in_flight")
        .help("Prompt and generated tokens of admitted requests, by state.")
        .labelNames("model", "state")
        .callback(to -> {
          Load now = load.get();
          to.call((double) now.waitingTokens(), identity.model(), "waiting");
          to.call((double) now.runningTokens(), identity.model(), "running");
        })
        .register(registry);
  }

  /// Registers what only a paced worker has: how far it fell behind its law. Called at most once.
  public void watchPace(Supplier<Duration> behind) {
    CounterWithCallback.builder()
        .name(PREFIX + "pace_lost_seconds")
        .help("Time by which the steps of a paced worker took longer than its law.")
        .labelNames("model")
        .callback(to -> to.call(Seconds.of(behind.get()), identity.model()))
        .register(registry);
  }

  /// Prompt tokens computed in this step, tokens computed again after a preemption left out.
  public void promptTokens(long tokens) {
    promptTokens.inc(tokens);
  }

  public void generationTokens(long tokens) {
    generationTokens.inc(tokens);
  }

  public void preempted() {
    preemptions.inc();
  }

  /// A request left the queue for the first time, to run or to end.
  public void leftQueue(Duration wait) {
    queueWait.observe(Seconds.of(wait));
  }

  public void firstToken(Duration sinceArrival) {
    timeToFirstToken.observe(Seconds.of(sinceArrival));
    otel.firstToken(Seconds.of(sinceArrival));
  }

  public void nextToken(Duration sinceLastToken) {
    interTokenLatency.observe(Seconds.of(sinceLastToken));
  }

  /// A request that was never accepted.
  public void rejected(Outcome outcome) {
    count(outcome);
  }

  /// An accepted request ended.
  public void finished(Finished request) {
    count(request.outcome());
    double seconds = Seconds.of(request.total());
    duration.observe(seconds);
    otel.finished(seconds);
    requestPromptTokens.observe(request.promptTokens());
    requestGenerationTokens.observe(request.generatedTokens());
    request
        .secondsPerOutputToken()
        .ifPresent(perToken -> {
          timePerOutputToken.observe(perToken);
          otel.perOutputToken(perToken);
        });
    tenants.finished(request);
  }

  private void count(Outcome outcome) {
    Objects.requireNonNull(requests.get(outcome)).inc();
  }

  private void registerFixed() {
    Info.builder()
        .name(PREFIX + "info")
        .help("Build and configuration.")
        .labelNames("model", "device", "version", "block_size_tokens")
        .register(registry)
        .setLabelValues(
            identity.model(),
            identity.device(),
            identity.version(),
            Integer.toString(identity.blockTokens()));
    limit("requests_running_max", "Largest running batch allowed.", identity.maxRunning());
    limit("queue_capacity_requests", "Largest queue allowed.", identity.maxQueue());
    limit("kv_cache_capacity_tokens", "KV-cache capacity.", (double) identity.kvCapacityTokens());
  }

  private void limit(String name, String help, double value) {
    Gauge.builder()
        .name(PREFIX + name)
        .help(help)
        .labelNames("model")
        .register(registry)
        .labelValues(identity.model())
        .set(value);
  }

  private CounterDataPoint counter(String name, String help) {
    return Counter.builder()
        .name(PREFIX + name)
        .help(help)
        .labelNames("model")
        .register(registry)
        .labelValues(identity.model());
  }

  private DistributionDataPoint histogram(String name, String help, double[] bounds) {
    return Histogram.builder()
        .name(PREFIX + name)
        .help(help)
        .classicOnly()
        .classicUpperBounds(bounds)
        .labelNames("model")
        .register(registry)
        .labelValues(identity.model());
  }

  private void gauge(String name, String help, Supplier<Load> load, ToDoubleFunction<Load> value) {
    GaugeWithCallback.builder()
        .name(PREFIX + name)
        .help(help)
        .labelNames("model")
        .callback(to -> to.call(value.applyAsDouble(load.get()), identity.model()))
        .register(registry);
  }
}
