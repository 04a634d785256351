package dev.inferscale.signals.snapshot;

import dev.inferscale.signals.profile.Reading.Gauge;
import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.window.Measured;
import java.util.List;
import java.util.Set;
import java.util.function.ToDoubleFunction;

/// Signals of a pool that are a mean or a maximum over its targets.
final class Levels {
  private Levels() {}

  /// The oldest wait of the pool: the largest of its targets'.
  static Answer oldestWait(Sight sight) {
    ToDoubleFunction<Measured> oldest = m -> m.reading().gauge(Gauge.QUEUE_OLDEST_SECONDS);
    List<Measured> counting = sight.having(oldest);
    if (sight.tooFew(counting)) {
      return sight.tooFewFor(Signal.QUEUE_OLDEST, counting);
    }
    double most = counting.stream().mapToDouble(oldest).max().orElseThrow();
    return value(sight, Signal.QUEUE_OLDEST, most, counting, "");
  }

  /// The capacity-weighted mean of the targets' cache utilization; a plain mean where a capacity is
  /// not known.
  static Answer cacheUtilization(Sight sight) {
    ToDoubleFunction<Measured> used = m -> m.reading().gauge(Gauge.KV_CACHE_UTILIZATION);
    ToDoubleFunction<Measured> capacity = m -> m.reading().gauge(Gauge.KV_CACHE_CAPACITY_TOKENS);
    Signal signal = Signal.KV_CACHE_UTILIZATION;
    List<Measured> counting = sight.having(used);
    if (sight.tooFew(counting)) {
      return sight.tooFewFor(signal, counting);
    }
    boolean weighted = counting.stream().allMatch(m -> capacity.applyAsDouble(m) > 0);
    if (weighted) {
      double tokens = Sums.sum(counting, m -> used.applyAsDouble(m) * capacity.applyAsDouble(m));
      return value(sight, signal, tokens / Sums.sum(counting, capacity), counting, "");
    }
    double mean = Sums.sum(counting, used) / counting.size();
    if (counting.size() == 1) {
      return value(sight, signal, mean, counting, "");
    }
    Quality quality = Sight.worse(sight.quality(signal, counting), Quality.DERIVED);
    String note = "plain mean: a cache capacity is not known";
    return sight.value(mean, counting, null, quality, Set.of(signal), note);
  }

  static Answer gpuUtilization(Sight sight) {
    return share(sight, Signal.GPU_UTILIZATION, Gauge.GPU_UTILIZATION_SUM, Gauge.GPUS);
  }

  static Answer gpuMemoryUtilization(Sight sight) {
    return share(
        sight,
        Signal.GPU_MEMORY_UTILIZATION,
        Gauge.GPU_MEMORY_USED_BYTES,
        Gauge.GPU_MEMORY_TOTAL_BYTES);
  }

  /// A sum over all GPUs of the pool over another.
  private static Answer share(Sight sight, Signal signal, Gauge part, Gauge whole) {
    ToDoubleFunction<Measured> parts = m -> m.reading().gauge(part);
    ToDoubleFunction<Measured> wholes = m -> m.reading().gauge(whole);
    List<Measured> counting =
        sight.knowing(m -> Double.isFinite(parts.applyAsDouble(m)) && wholes.applyAsDouble(m) > 0);
    if (sight.tooFew(counting)) {
      return sight.tooFewFor(signal, counting);
    }
    double share = Sums.sum(counting, parts) / Sums.sum(counting, wholes);
    return value(sight, signal, share, counting, "");
  }

  private static Answer value(
      Sight sight, Signal signal, double number, List<Measured> counting, String note) {
    return sight.value(
        number, counting, null, sight.quality(signal, counting), Set.of(signal), note);
  }
}
