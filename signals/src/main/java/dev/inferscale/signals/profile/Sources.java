package dev.inferscale.signals.profile;

import dev.inferscale.signals.profile.Reading.Counter;
import dev.inferscale.signals.profile.Reading.Distribution;
import dev.inferscale.signals.profile.Reading.Gauge;
import dev.inferscale.signals.profile.Reading.Grade;
import dev.inferscale.signals.profile.Reading.Provenance;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/// Says for every signal which of the page's series it comes from, or why it cannot be had.
///
/// @param gauges what became of each gauge
/// @param counters what became of each counter
/// @param histograms what became of each distribution
/// @param zeroWaiting true where the page says that no request is waiting
record Sources(
    Map<Gauge, Provenance> gauges,
    Map<Counter, Provenance> counters,
    Map<Distribution, Provenance> histograms,
    boolean zeroWaiting) {

  /// In the order of [Signal].
  ///
  /// @param reasons why the page lacks a signal
  List<Provenance> all(Function<Signal, String> reasons) {
    List<Provenance> all = new ArrayList<>();
    for (Signal signal : Signal.values()) {
      Provenance provenance = of(signal);
      boolean silent = provenance.grade() == Grade.ABSENT && provenance.absence().isEmpty();
      all.add(silent ? new Provenance(List.of(), Grade.ABSENT, reasons.apply(signal)) : provenance);
    }
    return List.copyOf(all);
  }

  private Provenance of(Signal signal) {
    return switch (signal) {
      case REQUESTS_WAITING -> gauge(Gauge.REQUESTS_WAITING);
      case REQUESTS_RUNNING -> gauge(Gauge.REQUESTS_RUNNING);
      case REQUESTS_IN_FLIGHT -> derived(of(Signal.REQUESTS_RUNNING), of(Signal.REQUESTS_WAITING));
      case TOKENS_IN_FLIGHT -> derived(of(Signal.TOKENS_RUNNING), of(Signal.TOKENS_WAITING));
      case TOKENS_RUNNING -> gauge(Gauge.TOKENS_RUNNING);
      case TOKENS_WAITING -> tokensWaiting();
      case QUEUE_WAIT -> queueWait();
      case QUEUE_OLDEST -> gauge(Gauge.QUEUE_OLDEST_SECONDS);
      case TIME_TO_FIRST_TOKEN -> histogram(Distribution.TIME_TO_FIRST_TOKEN);
      case INTER_TOKEN_LATENCY -> histogram(Distribution.INTER_TOKEN_LATENCY);
      case TIME_PER_OUTPUT_TOKEN -> histogram(Distribution.TIME_PER_OUTPUT_TOKEN);
      case LATENCY -> histogram(Distribution.LATENCY);
      case PROMPT_TOKENS_PER_SECOND -> counter(Counter.PROMPT_TOKENS);
      case GENERATION_TOKENS_PER_SECOND -> counter(Counter.GENERATION_TOKENS);
      case REQUESTS_PER_SECOND -> counter(Counter.REQUESTS_FINISHED);
      case REJECTIONS_PER_SECOND -> counter(Counter.REQUESTS_REJECTED);
      case KV_CACHE_UTILIZATION -> gauge(Gauge.KV_CACHE_UTILIZATION);
      case KV_CACHE_PODS_FULL -> derived(gauge(Gauge.KV_CACHE_UTILIZATION));
      case KV_CACHE_CAPACITY_TOKENS -> gauge(Gauge.KV_CACHE_CAPACITY_TOKENS);
      case SUCCESS_RATIO -> share(Counter.REQUESTS_SUCCEEDED);
      case ERROR_RATIO -> share(Counter.REQUESTS_FAILED);
      case TIMEOUT_RATIO -> share(Counter.REQUESTS_TIMED_OUT);
      case GPU_UTILIZATION -> gauge(Gauge.GPU_UTILIZATION_SUM);
      case GPU_MEMORY_UTILIZATION ->
          derived(gauge(Gauge.GPU_MEMORY_USED_BYTES), gauge(Gauge.GPU_MEMORY_TOTAL_BYTES));
      case GPU_MEMORY_USED_BYTES -> gauge(Gauge.GPU_MEMORY_USED_BYTES);
      case COST_USD_PER_HOUR,
          COST_USD_PER_MILLION_TOKENS,
          REPLICAS_REQUIRED,
          REPLICAS,
          REPLICAS_READY,
          REPLICAS_STARTING ->
          Quantity.ABSENT.provenance();
    };
  }

  private Provenance gauge(Gauge gauge) {
    return gauges.getOrDefault(gauge, Quantity.ABSENT.provenance());
  }

  private Provenance counter(Counter counter) {
    return counters.getOrDefault(counter, Quantity.ABSENT.provenance());
  }

  private Provenance histogram(Distribution distribution) {
    return histograms.getOrDefault(distribution, Quantity.ABSENT.provenance());
  }

  private Provenance share(Counter part) {
    return derived(counter(part), counter(Counter.REQUESTS_FINISHED));
  }

  /// Where no gauge tells: waiting requests times their mean prompt length, or exactly none.
  private Provenance tokensWaiting() {
    Provenance direct = gauge(Gauge.TOKENS_WAITING);
    if (direct.grade() != Grade.ABSENT || !direct.absence().isEmpty()) {
      return direct;
    }
    Provenance requests = gauge(Gauge.REQUESTS_WAITING);
    return zeroWaiting
        ? derived(requests)
        : together(Grade.ESTIMATED, requests, histogram(Distribution.PROMPT_TOKENS));
  }

  /// Without a histogram there is still the present queue over the rate at which it is served.
  private Provenance queueWait() {
    Provenance observed = histogram(Distribution.QUEUE_WAIT);
    if (observed.grade() != Grade.ABSENT || !observed.absence().isEmpty()) {
      return observed;
    }
    Provenance oldest = gauge(Gauge.QUEUE_OLDEST_SECONDS);
    return oldest.grade() != Grade.ABSENT
        ? together(Grade.ESTIMATED, oldest)
        : together(
            Grade.ESTIMATED, gauge(Gauge.REQUESTS_WAITING), counter(Counter.REQUESTS_FINISHED));
  }

  private static Provenance derived(Provenance... parts) {
    return together(Grade.DERIVED, parts);
  }

  /// The series of all parts, and the worst of their grades; absent where one of them is.
  private static Provenance together(Grade best, Provenance... parts) {
    Grade worst = best;
    Set<String> from = new LinkedHashSet<>();
    for (Provenance part : parts) {
      if (part.grade() == Grade.ABSENT) {
        return part;
      }
      worst = part.grade().compareTo(worst) > 0 ? part.grade() : worst;
      from.addAll(part.from());
    }
    return new Provenance(List.copyOf(from), worst, "");
  }
}
