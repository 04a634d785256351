package dev.inferscale.signals.snapshot;

import dev.inferscale.signals.profile.Reading.Counter;
import dev.inferscale.signals.profile.Reading.Gauge;
import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.window.Measured;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.ToDoubleFunction;

/// Signals of a pool that are the sum of its targets'.
final class Sums {
  private Sums() {}

  /// One target's part of a sum; NaN where it has none.
  static ToDoubleFunction<Measured> part(Signal signal) {
    return switch (signal) {
      case REQUESTS_WAITING -> gauge(Gauge.REQUESTS_WAITING);
      case REQUESTS_RUNNING -> gauge(Gauge.REQUESTS_RUNNING);
      case REQUESTS_IN_FLIGHT -> Measured::inFlight;
      case TOKENS_RUNNING -> gauge(Gauge.TOKENS_RUNNING);
      case TOKENS_WAITING -> Measured::tokensWaiting;
      case TOKENS_IN_FLIGHT -> m -> m.reading().gauge(Gauge.TOKENS_RUNNING) + m.tokensWaiting();
      case PROMPT_TOKENS_PER_SECOND -> m -> m.rate(Counter.PROMPT_TOKENS);
      case GENERATION_TOKENS_PER_SECOND -> m -> m.rate(Counter.GENERATION_TOKENS);
      case REQUESTS_PER_SECOND -> m -> m.rate(Counter.REQUESTS_FINISHED);
      case REJECTIONS_PER_SECOND -> m -> m.rate(Counter.REQUESTS_REJECTED);
      case KV_CACHE_PODS_FULL -> gauge(Gauge.KV_CACHE_UTILIZATION);
      case KV_CACHE_CAPACITY_TOKENS -> gauge(Gauge.KV_CACHE_CAPACITY_TOKENS);
      case GPU_MEMORY_USED_BYTES -> gauge(Gauge.GPU_MEMORY_USED_BYTES);
      default -> throw new IllegalArgumentException(signal + " is no sum over targets");
    };
  }

  private static ToDoubleFunction<Measured> gauge(Gauge gauge) {
    return measured -> measured.reading().gauge(gauge);
  }

  /// NaN where the sum is beyond all numbers: what is divided by it must not come to zero.
  static double sum(List<Measured> counting, ToDoubleFunction<Measured> part) {
    double sum = counting.stream().mapToDouble(part).sum();
    return Double.isInfinite(sum) ? Double.NaN : sum;
  }

  /// The sum over those that have it.
  static Answer answer(Sight sight, Signal signal) {
    ToDoubleFunction<Measured> part = part(signal);
    List<Measured> counting = sight.having(part);
    if (sight.tooFew(counting)) {
      return sight.tooFewFor(signal, counting);
    }
    Duration rates = sight.pool().windows().rates();
    boolean rate = signal.unit() == Signal.Unit.PER_SECOND;
    return sight.value(
        sum(counting, part),
        counting,
        rate ? sight.covered(counting, rates) : null,
        sight.quality(signal, counting),
        Set.of(signal),
        "");
  }
}
