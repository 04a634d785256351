package dev.inferscale.signals.snapshot;

import static dev.inferscale.signals.ManualTime.second;
import static dev.inferscale.signals.Readings.reading;
import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.signals.Pools;
import dev.inferscale.signals.Readings;
import dev.inferscale.signals.pool.PoolTargets;
import dev.inferscale.signals.profile.Reading.Counter;
import dev.inferscale.signals.profile.Reading.Distribution;
import dev.inferscale.signals.profile.Reading.Gauge;
import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.window.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.statistics.Statistics;

/// Partial data may raise an answer, never lower it. The oracle is a pool that never takes a
/// reading for stale and is told the same: it goes on with what the silent targets said last.
class PartialProperties {
  private static final int SILENT_FROM = 12;
  private static final int STALE_AFTER = 10;
  private static final int HOLD_FOR = 60;
  private static final int END = SILENT_FROM + STALE_AFTER + HOLD_FOR + 10;
  private static final List<OptionalDouble> QUANTILES =
      List.of(OptionalDouble.empty(), OptionalDouble.of(0.5), OptionalDouble.of(0.99));
  private static final double[] BOUNDS = {0.1, 0.5, 2, 8};

  @Property(tries = 150)
  void noTargetLowersASignalByFallingSilentWhileItIsHeld(@ForAll long seed) {
    Random random = new Random(seed);
    Course course = new Course(random, 0.5 + random.nextDouble() / 2);
    for (int t = 1; t < SILENT_FROM + HOLD_FOR; t++) {
      course.step(t);
      if (t >= SILENT_FROM) {
        course.assertNotLowered(t);
      }
    }
  }

  @Property(tries = 150)
  void tooFewTargetsAreNoAnswerOnceTheyWereHeldLongEnough(@ForAll long seed) {
    Course course = new Course(new Random(seed), 1);
    for (int t = 1; t <= END; t++) {
      course.step(t);
    }
    for (Signal signal : Signal.values()) {
      for (OptionalDouble quantile : QUANTILES) {
        assertThat(course.served().answer(signal, quantile, second(END)))
            .as(signal.wireName())
            .isInstanceOf(Answer.Missing.class);
      }
    }
  }

  /// One pool and its oracle while some of the targets fall silent.
  private static final class Course {
    private final Random random;
    private final int targets;
    private final List<Engine> engines = new ArrayList<>();
    private final Told served;
    private final Told oracle;

    Course(Random random, double minCoverage) {
      this.random = random;
      this.targets = 2 + random.nextInt(5);
      this.served = new Told(targets, STALE_AFTER + "s", minCoverage);
      this.oracle = new Told(targets, "900s", minCoverage);
      int silent = 1 + random.nextInt(targets - 1);
      for (int i = 0; i < targets; i++) {
        engines.add(new Engine(random, i < silent));
      }
    }

    Pool served() {
      return served.pool();
    }

    void step(int t) {
      List<Integer> telling = new ArrayList<>();
      List<Readings> told = new ArrayList<>();
      for (int i = 0; i < targets; i++) {
        if (!engines.get(i).silent || t < SILENT_FROM) {
          telling.add(i);
          told.add(engines.get(i).read(random));
        }
      }
      served.fold(t, telling, told);
      oracle.fold(t, telling, told);
    }

    void assertNotLowered(int t) {
      for (Signal signal : Signal.values()) {
        for (OptionalDouble quantile : QUANTILES) {
          Answer is = served.pool().answer(signal, quantile, second(t));
          Answer was = oracle.pool().answer(signal, quantile, second(t));
          if (is instanceof Answer.Value value && was instanceof Answer.Value least) {
            Statistics.collect(signal.fold(), value.targetsCovered() < targets);
            assertThat(value.number())
                .as("%s at %d, of %s: %s", signal.wireName(), t, least, value)
                .isGreaterThanOrEqualTo(least.number() - 1e-9);
          }
        }
      }
    }
  }

  /// Windows over one pool.
  private static final class Told {
    private final Windows windows = new Windows();
    private final PoolTargets listed;
    private Pool latest;

    Told(int targets, String staleAfter, double minCoverage) {
      listed =
          Pools.targets(
              Pools.pool(
                  "chat",
                  "capacity: {usdPerReplicaHour: 3.9}",
                  "missing: {staleAfter: %s, holdFor: %ds, minCoverage: %.3f}"
                      .formatted(staleAfter, HOLD_FOR, minCoverage)),
              targets);
      latest = fold(0, List.of(), List.of());
    }

    Pool fold(int t, List<Integer> telling, List<Readings> told) {
      List<Outcome> outcomes = new ArrayList<>();
      for (int i = 0; i < telling.size(); i++) {
        outcomes.add(told.get(i).read(listed.targets().get(telling.get(i)), second(t)));
      }
      Snapshot snapshot = windows.fold(outcomes, List.of(listed), second(t));
      latest = Objects.requireNonNull(snapshot.pools().get(listed.pool().id()));
      return latest;
    }

    Pool pool() {
      return latest;
    }
  }

  /// Busy now and then; its totals grow.
  private static final class Engine {
    private final boolean silent;
    private final boolean busy;
    private final double[] counters = new double[Counter.values().length];
    private final double[][] buckets = new double[Distribution.values().length][BOUNDS.length + 1];

    Engine(Random random, boolean silent) {
      this.silent = silent;
      this.busy = random.nextBoolean();
    }

    Readings read(Random random) {
      boolean works = busy && random.nextInt(4) > 0;
      Readings reading = reading();
      for (Gauge gauge : Gauge.values()) {
        reading.with(gauge, works ? random.nextInt(9) : 0);
      }
      reading.with(Gauge.KV_CACHE_CAPACITY_TOKENS, 1000 + random.nextInt(3) * 1000);
      reading.with(Gauge.KV_CACHE_UTILIZATION, works ? random.nextDouble() : 0);
      reading.with(Gauge.GPUS, 1 + random.nextInt(2));
      reading.with(Gauge.GPU_MEMORY_TOTAL_BYTES, 80e9);
      for (Counter counter : Counter.values()) {
        counters[counter.ordinal()] += works ? random.nextInt(20) : 0;
        reading.with(counter, counters[counter.ordinal()]);
      }
      for (Distribution distribution : Distribution.values()) {
        double[] counts = buckets[distribution.ordinal()];
        int from = random.nextInt(counts.length);
        for (int i = from; works && i < counts.length; i++) {
          counts[i] += 3;
        }
        double sum = counts[counts.length - 1];
        reading.with(distribution, BOUNDS, sum, counts.clone());
      }
      return reading;
    }
  }
}
