package dev.inferscale.signals.snapshot;

import dev.inferscale.signals.profile.Reading.Counter;
import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.window.Measured;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.ToDoubleFunction;

/// How requests end, as a share of those that ended: from the increases of all targets together.
final class Ratios {
  private Ratios() {}

  static Answer answer(Sight sight, Signal signal) {
    ToDoubleFunction<Measured> part = m -> m.rate(counter(signal));
    ToDoubleFunction<Measured> whole = m -> m.rate(Counter.REQUESTS_FINISHED);
    List<Measured> counting = sight.having(m -> part.applyAsDouble(m) + whole.applyAsDouble(m));
    if (sight.tooFew(counting)) {
      return sight.tooFewFor(signal, counting);
    }
    double finished = Sums.sum(counting, whole);
    if (!(finished > 0)) {
      return nothingFinished(sight, signal, counting);
    }
    // More than all cannot be: a page may be written between the two counters' updates.
    double ratio = Math.min(1, Sums.sum(counting, part) / finished);
    Duration window = sight.covered(counting, sight.pool().windows().rates());
    return sight.value(
        ratio, counting, window, sight.quality(signal, counting), Set.of(signal), "");
  }

  private static Counter counter(Signal signal) {
    return switch (signal) {
      case SUCCESS_RATIO -> Counter.REQUESTS_SUCCEEDED;
      case ERROR_RATIO -> Counter.REQUESTS_FAILED;
      case TIMEOUT_RATIO -> Counter.REQUESTS_TIMED_OUT;
      default -> throw new IllegalArgumentException(signal + " is no share of requests");
    };
  }

  private static Answer nothingFinished(Sight sight, Signal signal, List<Measured> counting) {
    Duration window = sight.pool().windows().rates();
    if (!sight.full(counting)) {
      return sight.partial(counting.size());
    }
    if (sight.idleFor(window)) {
      return sight.idle(signal, signal == Signal.SUCCESS_RATIO ? 1 : 0, window);
    }
    return sight.missing(
        Absence.NOT_YET,
        "requests were in flight, but none ended in the last "
            + Explanation.seconds(window)
            + "; wait for the next one");
  }
}
