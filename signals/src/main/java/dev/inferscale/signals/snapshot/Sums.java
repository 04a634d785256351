package dev.inferscale.signals.snapshot;

import dev.inferscale.signals.profile.Reading.Counter;
import dev.inferscale.signals.profile.Reading.Gauge;
import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.window.Measured;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.ToDoubleFunction;

/// Signals of a pool that are the sum of its targets'. With some targets missing, the sum is scaled
/// up and never below what it was when all of them answered: partial data may raise an answer,
/// never lower it.
final class Sums {
  /// The signals that are sums over targets.
  static final List<Signal> SIGNALS =
      Arrays.stream(Signal.values()).filter(signal -> signal.fold() == Signal.Fold.SUM).toList();

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

  static Answer answer(Sight sight, Signal signal, LastFull lastFull) {
    ToDoubleFunction<Measured> part = part(signal);
    List<Measured> counting = sight.having(part);
    if (sight.tooFew(counting)) {
      return sight.tooFewFor(signal, counting);
    }
    if (sight.full(counting)) {
      return value(sight, signal, sum(counting, part), counting, "");
    }
    return partial(sight, signal, counting, lastFull);
  }

  private static Answer partial(
      Sight sight, Signal signal, List<Measured> counting, LastFull lastFull) {
    Duration holdFor = sight.pool().missing().holdFor();
    if (lastFull.partialFor(signal, sight.now()).compareTo(holdFor) > 0) {
      Answer.Missing missing = sight.partial(counting);
      String longer = "for longer than " + Explanation.seconds(holdFor) + ", ";
      return sight.missing(Absence.PARTIAL, longer + missing.explanation());
    }
    double scaled = sum(counting, part(signal)) * sight.total() / counting.size();
    double known = lastFull.sum(signal);
    boolean raised = !(known > scaled);
    String note =
        (raised ? "scaled up from " : "as when all answered: now ")
            + counting.size()
            + " of "
            + sight.total()
            + " targets count; "
            + Silence.firstFault(sight);
    return value(sight, signal, raised ? scaled : known, counting, note);
  }

  private static Answer value(
      Sight sight, Signal signal, double number, List<Measured> counting, String note) {
    Duration rates = sight.pool().windows().rates();
    boolean rate = signal.unit() == Signal.Unit.PER_SECOND;
    return sight.value(
        number,
        counting,
        rate ? sight.covered(counting, rates) : null,
        sight.quality(signal, counting),
        Set.of(signal),
        note);
  }
}
