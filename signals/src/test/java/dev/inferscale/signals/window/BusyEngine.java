package dev.inferscale.signals.window;

import static dev.inferscale.signals.ManualTime.second;

import dev.inferscale.signals.Readings;
import dev.inferscale.signals.pool.Target;
import dev.inferscale.signals.profile.Reading.Counter;
import dev.inferscale.signals.profile.Reading.Distribution;
import dev.inferscale.signals.profile.Reading.Gauge;

/// Readings of an engine that exports what vLLM does, as many buckets included, and is never idle.
final class BusyEngine {
  /// The distributions with buckets, and how many bounds each has in vLLM.
  private static final Distribution[] DISTRIBUTIONS = {
    Distribution.TIME_TO_FIRST_TOKEN,
    Distribution.INTER_TOKEN_LATENCY,
    Distribution.TIME_PER_OUTPUT_TOKEN,
    Distribution.LATENCY,
    Distribution.QUEUE_WAIT
  };

  static final double[][] BOUNDS = {
    bounds(22), bounds(19), bounds(20), bounds(20), bounds(20), {},
  };

  private BusyEngine() {}

  private static double[] bounds(int count) {
    double[] bounds = new double[count];
    for (int i = 0; i < count; i++) {
      bounds[i] = (i + 1) * 0.05;
    }
    return bounds;
  }

  static Outcome.Read read(Target target, int at) {
    Readings reading = Readings.reading().restartMark("1767225600");
    for (Gauge gauge : Gauge.values()) {
      reading.with(gauge, 3 + at % 7);
    }
    for (Counter counter : Counter.values()) {
      reading.with(counter, 1000.0 * at);
    }
    for (int i = 0; i < DISTRIBUTIONS.length; i++) {
      double[] cumulative = new double[BOUNDS[i].length + 1];
      for (int j = 0; j < cumulative.length; j++) {
        cumulative[j] = (double) at * (j + 1);
      }
      reading.with(DISTRIBUTIONS[i], BOUNDS[i], at, cumulative);
    }
    reading.with(Distribution.PROMPT_TOKENS, BOUNDS[5], 800.0 * at, at);
    return reading.read(target, second(at));
  }
}
