package dev.inferscale.signals.window;

import dev.inferscale.signals.profile.Reading.Counter;
import dev.inferscale.signals.profile.Reading.Distribution;
import dev.inferscale.signals.profile.Reading.Gauge;
import dev.inferscale.signals.profile.Reading.Histogram;
import dev.inferscale.signals.profile.Signal;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.SequencedMap;

/// What one target's part of a signal is made of, for people: what its page said last, in our names
/// and units, and what its window makes of that. What the engine does not tell is left out.
public final class Inputs {
  private final Measured measured;
  private final SequencedMap<String, Double> found = new LinkedHashMap<>();

  private Inputs(Measured measured) {
    this.measured = measured;
  }

  /// Numbers by name, all finite, in the order in which they are used; none for what is no matter
  /// of targets.
  public static SequencedMap<String, Double> of(Measured measured, Signal signal) {
    Inputs inputs = new Inputs(measured);
    inputs.collect(signal);
    return inputs.found;
  }

  private void collect(Signal signal) {
    switch (signal) {
      case REQUESTS_WAITING -> gauges(Gauge.REQUESTS_WAITING);
      case REQUESTS_RUNNING -> gauges(Gauge.REQUESTS_RUNNING);
      case REQUESTS_IN_FLIGHT -> gauges(Gauge.REQUESTS_WAITING, Gauge.REQUESTS_RUNNING);
      case TOKENS_RUNNING -> gauges(Gauge.TOKENS_RUNNING);
      case TOKENS_WAITING -> tokensWaiting();
      case TOKENS_IN_FLIGHT -> {
        gauges(Gauge.TOKENS_RUNNING);
        tokensWaiting();
      }
      case QUEUE_WAIT -> {
        gauges(Gauge.REQUESTS_WAITING, Gauge.QUEUE_OLDEST_SECONDS);
        put("service_per_second", measured.serviceRate());
        put("stalled_seconds", measured.stalledFor().toMillis() / 1e3);
        histogram(Distribution.QUEUE_WAIT);
      }
      case QUEUE_OLDEST -> gauges(Gauge.QUEUE_OLDEST_SECONDS);
      case TIME_TO_FIRST_TOKEN -> histogram(Distribution.TIME_TO_FIRST_TOKEN);
      case INTER_TOKEN_LATENCY -> histogram(Distribution.INTER_TOKEN_LATENCY);
      case TIME_PER_OUTPUT_TOKEN -> histogram(Distribution.TIME_PER_OUTPUT_TOKEN);
      case LATENCY -> histogram(Distribution.LATENCY);
      case PROMPT_TOKENS_PER_SECOND -> counters(Counter.PROMPT_TOKENS);
      case GENERATION_TOKENS_PER_SECOND -> counters(Counter.GENERATION_TOKENS);
      case REQUESTS_PER_SECOND -> counters(Counter.REQUESTS_FINISHED);
      case REJECTIONS_PER_SECOND -> counters(Counter.REQUESTS_REJECTED);
      case SUCCESS_RATIO -> counters(Counter.REQUESTS_SUCCEEDED, Counter.REQUESTS_FINISHED);
      case ERROR_RATIO -> counters(Counter.REQUESTS_FAILED, Counter.REQUESTS_FINISHED);
      case TIMEOUT_RATIO -> counters(Counter.REQUESTS_TIMED_OUT, Counter.REQUESTS_FINISHED);
      case KV_CACHE_UTILIZATION ->
          gauges(Gauge.KV_CACHE_UTILIZATION, Gauge.KV_CACHE_CAPACITY_TOKENS);
      case KV_CACHE_PODS_FULL -> gauges(Gauge.KV_CACHE_UTILIZATION);
      case KV_CACHE_CAPACITY_TOKENS -> gauges(Gauge.KV_CACHE_CAPACITY_TOKENS);
      case GPU_UTILIZATION -> gauges(Gauge.GPU_UTILIZATION_SUM, Gauge.GPUS);
      case GPU_MEMORY_UTILIZATION ->
          gauges(Gauge.GPU_MEMORY_USED_BYTES, Gauge.GPU_MEMORY_TOTAL_BYTES);
      case GPU_MEMORY_USED_BYTES -> gauges(Gauge.GPU_MEMORY_USED_BYTES);
      case COST_USD_PER_MILLION_TOKENS ->
          counters(Counter.PROMPT_TOKENS, Counter.GENERATION_TOKENS);
      case COST_USD_PER_HOUR, REPLICAS_REQUIRED, REPLICAS, REPLICAS_READY, REPLICAS_STARTING -> {
        // Of the pool, not of its targets.
      }
    }
  }

  private void tokensWaiting() {
    gauges(Gauge.TOKENS_WAITING, Gauge.REQUESTS_WAITING, Gauge.LIFETIME_PROMPT_TOKENS_PER_REQUEST);
    BucketIncrease prompts = measured.increase(Distribution.PROMPT_TOKENS);
    put("prompt_tokens_mean_in_window", prompts == null ? Double.NaN : prompts.mean());
  }

  private void gauges(Gauge... gauges) {
    for (Gauge gauge : gauges) {
      put(word(gauge), measured.reading().gauge(gauge));
    }
  }

  private void counters(Counter... counters) {
    for (Counter counter : counters) {
      put(word(counter) + "_total", measured.reading().counter(counter));
      put(word(counter) + "_per_second", measured.rate(counter));
    }
  }

  private void histogram(Distribution distribution) {
    Histogram total = measured.reading().histogram(distribution);
    BucketIncrease increase = measured.increase(distribution);
    if (total != null) {
      put(word(distribution) + "_count", total.count());
      put(word(distribution) + "_sum", total.sum());
    }
    if (increase != null) {
      put(word(distribution) + "_count_in_window", increase.count());
      put(word(distribution) + "_mean_in_window", increase.mean());
    }
  }

  private void put(String name, double value) {
    if (Double.isFinite(value)) {
      found.put(name, value);
    }
  }

  private static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }
}
