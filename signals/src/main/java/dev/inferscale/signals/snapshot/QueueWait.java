package dev.inferscale.signals.snapshot;

import dev.inferscale.signals.profile.Reading.Gauge;
import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.window.Measured;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;

/// What a request that arrives now will wait: histograms tell of requests that have ended, and are
/// late by one request. The larger of the oldest wait and of waiting requests over the rate at
/// which they leave the queue (Little's law).
final class QueueWait {
  private static final Signal SIGNAL = Signal.QUEUE_WAIT;

  private QueueWait() {}

  static Answer nowcast(Sight sight) {
    List<Measured> counting = sight.knowing(QueueWait::knows);
    if (sight.tooFew(counting)) {
      return sight.tooFewFor(Signal.REQUESTS_WAITING, counting);
    }
    Duration window = sight.pool().windows().latencies();
    if (sight.full(counting) && sight.idleFor(window)) {
      return sight.idle(SIGNAL, 0, window);
    }
    double waiting = finiteSum(counting, m -> m.reading().gauge(Gauge.REQUESTS_WAITING));
    double oldest =
        max(counting.stream().mapToDouble(m -> m.reading().gauge(Gauge.QUEUE_OLDEST_SECONDS)));
    if (!(waiting > 0)) {
      return nothingWaits(sight, counting, waiting, oldest);
    }
    double served = finiteSum(counting, Measured::serviceRate);
    double stalled = max(counting.stream().mapToDouble(m -> m.stalledFor().toNanos() / 1e9));
    if (served == 0 || (Double.isNaN(served) && stalled > 0)) {
      return nothingServed(sight, counting, oldest, stalled);
    }
    double byRate = waiting / served;
    if (!Double.isNaN(byRate) && !(oldest >= byRate)) {
      return estimate(sight, counting, byRate);
    }
    return oldest > 0 ? oldest(sight, counting, oldest) : unknown(sight, counting);
  }

  private static Answer unknown(Sight sight, List<Measured> counting) {
    boolean told = counting.stream().noneMatch(m -> m.watched().isZero());
    return told
        ? sight.missing(
            Absence.ABSENT,
            "the engine tells neither its oldest wait nor how many requests leave the queue")
        : sight.missing(
            Absence.NOT_YET, "requests wait, but how fast they are served needs a second reading");
  }

  private static boolean knows(Measured measured) {
    return Double.isFinite(measured.reading().gauge(Gauge.REQUESTS_WAITING))
        || Double.isFinite(measured.reading().gauge(Gauge.QUEUE_OLDEST_SECONDS));
  }

  private static Answer nothingWaits(
      Sight sight, List<Measured> counting, double waiting, double oldest) {
    if (oldest > 0) {
      return oldest(sight, counting, oldest);
    }
    Signal from = Double.isNaN(waiting) ? Signal.QUEUE_OLDEST : Signal.REQUESTS_WAITING;
    return value(sight, counting, 0, Quality.DERIVED, EnumSet.of(from), "nowcast: nothing waits");
  }

  private static Answer oldest(Sight sight, List<Measured> counting, double oldest) {
    Set<Signal> from = EnumSet.of(Signal.QUEUE_OLDEST);
    return value(sight, counting, oldest, Quality.DERIVED, from, "nowcast: oldest wait");
  }

  private static Answer estimate(Sight sight, List<Measured> counting, double seconds) {
    Set<Signal> from = EnumSet.of(Signal.REQUESTS_WAITING, served(counting));
    return value(
        sight,
        counting,
        seconds,
        Quality.ESTIMATED,
        from,
        "nowcast: waiting requests / service rate");
  }

  /// Nothing leaves the queue: any rate would say for ever. What is known is a lower bound.
  private static Answer nothingServed(
      Sight sight, List<Measured> counting, double oldest, double stalled) {
    if (oldest > 0 && !(stalled > oldest)) {
      Set<Signal> from = EnumSet.of(Signal.QUEUE_OLDEST);
      String note = "lower bound: nothing is being served; oldest wait";
      return value(sight, counting, oldest, Quality.ESTIMATED, from, note);
    }
    if (!(stalled > 0)) {
      return sight.missing(
          Absence.NOT_YET, "requests wait and nothing is being served; wait for the next reading");
    }
    String note = "lower bound: nothing is being served for " + Explanation.seconds(stalled);
    Set<Signal> from = EnumSet.of(Signal.REQUESTS_WAITING, served(counting));
    return value(sight, counting, stalled, Quality.ESTIMATED, from, note);
  }

  /// The signal whose series tell how many requests leave the queue.
  private static Signal served(List<Measured> counting) {
    boolean firstTokens =
        counting.stream()
            .anyMatch(m -> !m.reading().provenance(Signal.TIME_TO_FIRST_TOKEN).from().isEmpty());
    return firstTokens ? Signal.TIME_TO_FIRST_TOKEN : Signal.REQUESTS_PER_SECOND;
  }

  private static Answer value(
      Sight sight,
      List<Measured> counting,
      double number,
      Quality quality,
      Set<Signal> from,
      String note) {
    boolean rate = from.size() > 1;
    return sight.value(
        number,
        counting,
        rate ? sight.covered(counting, sight.pool().windows().rates()) : null,
        sight.orPartial(quality, counting),
        from,
        note);
  }

  /// The sum over those that know; NaN where nobody does.
  private static double finiteSum(List<Measured> counting, ToDoubleFunction<Measured> part) {
    double[] known = counting.stream().mapToDouble(part).filter(Double::isFinite).toArray();
    return known.length == 0 ? Double.NaN : DoubleStream.of(known).sum();
  }

  private static double max(DoubleStream values) {
    return values.filter(Double::isFinite).max().orElse(Double.NaN);
  }
}
