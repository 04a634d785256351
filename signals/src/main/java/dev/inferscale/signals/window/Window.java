package dev.inferscale.signals.window;

import dev.inferscale.signals.pool.ModelPool.WindowLengths;
import dev.inferscale.signals.pool.Target;
import dev.inferscale.signals.profile.Reading;
import dev.inferscale.signals.profile.Reading.Counter;
import dev.inferscale.signals.profile.Reading.Distribution;
import dev.inferscale.signals.profile.Reading.Gauge;
import dev.inferscale.signals.profile.Reading.Histogram;
import dev.inferscale.signals.window.Increases.Course;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The recent past of one target. Mutable, owned by one thread. Keeps the latest reading and the
/// increases since earlier ones per sub-interval, never the readings themselves: 12 kB per target
/// at most with the histograms that engines export today.
///
/// A window ends at its target's latest reading; how old that is, is judged by whoever asks. Where
/// no reading came for longer than the longest window, the past says nothing about now and counting
/// begins anew.
public final class Window {
  /// A total that grows faster was not counted: such a step is as good as none.
  private static final double MOST_PER_SECOND = 1e9;

  private final Target target;
  private final long ratesNanos;
  private final long latenciesNanos;
  private StepRing rates;
  private final @Nullable StepRing[] buckets = new StepRing[Distribution.values().length];
  private final double[][] bounds = new double[Distribution.values().length][];
  private @Nullable Measured latest;
  private Outcome.@Nullable Failed fault;

  public Window(Target target, WindowLengths lengths) {
    this.target = target;
    this.ratesNanos = lengths.rates().toNanos();
    this.latenciesNanos = lengths.latencies().toNanos();
    this.rates = new StepRing(ratesNanos, Rate.COUNT);
  }

  /// Takes one outcome in; one that is not later than the latest reading is left out.
  public void accept(Outcome.Asked outcome) {
    if (latest != null && !outcome.at().isAfter(latest.at())) {
      return;
    }
    switch (outcome) {
      case Outcome.Failed failed -> fault = failed;
      case Outcome.Read read -> {
        latest = measure(read.reading());
        fault = null;
      }
    }
  }

  /// What is known now.
  public TargetView view() {
    return new TargetView(target, latest, fault);
  }

  private Measured measure(Reading reading) {
    Measured before = latest;
    if (before != null && tooLongAgo(before.at(), reading.at())) {
      rates = new StepRing(ratesNanos, Rate.COUNT);
      Arrays.fill(buckets, null);
      before = null;
    }
    double[] step = before == null ? new double[0] : countStep(before.reading(), reading);
    if (before != null) {
      stepBuckets(before.reading(), reading);
    }
    return new Measured(
        reading,
        ratesPerSecond(before != null),
        increases(reading),
        before == null ? reading.at() : before.since(),
        busy(reading) ? reading.at() : (before == null ? null : before.busyAt()),
        before == null ? null : stalledSince(before, reading, step));
  }

  private boolean tooLongAgo(Instant before, Instant now) {
    Duration longest = Duration.ofNanos(Math.max(ratesNanos, latenciesNanos));
    return Duration.between(before, now).compareTo(longest) > 0;
  }

  private double[] countStep(Reading before, Reading now) {
    double most = MOST_PER_SECOND * (nanos(now.at()) - nanos(before.at())) / 1e9;
    double[] step = new double[Rate.COUNT];
    for (int i = 0; i < step.length; i++) {
      Course course = Increases.course(before, now, Rate.ranks(before, i), Rate.ranks(now, i));
      double increase = Increases.of(Rate.total(before, i), Rate.total(now, i), course);
      step[i] = increase > most ? Double.NaN : increase;
    }
    rates.add(nanos(before.at()), nanos(now.at()), step);
    return step;
  }

  private void stepBuckets(Reading before, Reading now) {
    for (Distribution distribution : Distribution.values()) {
      Histogram was = before.histogram(distribution);
      Histogram is = now.histogram(distribution);
      if (was != null && is != null) {
        Course course =
            Increases.course(before, now, before.ranks(distribution), now.ranks(distribution));
        double[] step = Increases.of(was, is, course);
        StepRing ring = ring(distribution, is);
        if (step != null) {
          ring.add(nanos(before.at()), nanos(now.at()), step);
        }
      }
    }
  }

  /// Increases in other buckets cannot be added up, so changed bounds begin a new history.
  private StepRing ring(Distribution distribution, Histogram now) {
    int i = distribution.ordinal();
    StepRing ring = buckets[i];
    if (ring == null || !Arrays.equals(bounds[i], now.bounds())) {
      ring = new StepRing(latenciesNanos, now.cumulative().length + 1);
      buckets[i] = ring;
      bounds[i] = now.bounds();
    }
    return ring;
  }

  private double[] ratesPerSecond(boolean stepped) {
    double[] perSecond = new double[Rate.COUNT];
    for (int i = 0; i < perSecond.length; i++) {
      perSecond[i] = stepped ? rates.rate(i) : Double.NaN;
    }
    return perSecond;
  }

  private @Nullable BucketIncrease[] increases(Reading reading) {
    @Nullable BucketIncrease[] increases = new BucketIncrease[buckets.length];
    for (int i = 0; i < buckets.length; i++) {
      StepRing ring = buckets[i];
      Histogram histogram = reading.histograms()[i];
      if (ring != null && histogram != null && Arrays.equals(bounds[i], histogram.bounds())) {
        double[] totals = ring.totals();
        double[] counts = Arrays.copyOf(totals, totals.length - 1);
        increases[i] = new BucketIncrease(histogram.bounds(), counts, totals[totals.length - 1]);
      }
    }
    return increases;
  }

  /// Unknown counts as busy: only an engine that tells can be idle.
  private static boolean busy(Reading reading) {
    double inFlight = reading.gauge(Gauge.REQUESTS_WAITING) + reading.gauge(Gauge.REQUESTS_RUNNING);
    return !(inFlight == 0);
  }

  /// Since when requests wait and none leaves the queue. A step in which none of the counts that
  /// would show it is known says nothing.
  private static @Nullable Instant stalledSince(Measured before, Reading now, double[] step) {
    double left = step[Rate.FIRST_TOKENS];
    if (Double.isNaN(left)) {
      left = step[Counter.REQUESTS_FINISHED.ordinal()];
    }
    if (Double.isNaN(left)) {
      left = step[Counter.GENERATION_TOKENS.ordinal()];
    }
    boolean waits =
        before.reading().gauge(Gauge.REQUESTS_WAITING) > 0 && now.gauge(Gauge.REQUESTS_WAITING) > 0;
    if (!waits || !(left == 0)) {
      return null;
    }
    return before.stalledSince() == null ? before.at() : before.stalledSince();
  }

  private static long nanos(Instant instant) {
    return instant.getEpochSecond() * 1_000_000_000L + instant.getNano();
  }
}
