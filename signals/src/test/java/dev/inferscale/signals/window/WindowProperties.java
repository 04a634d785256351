package dev.inferscale.signals.window;

import static dev.inferscale.signals.ManualTime.second;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.inferscale.signals.Pools;
import dev.inferscale.signals.Readings;
import dev.inferscale.signals.pool.ModelPool.WindowLengths;
import dev.inferscale.signals.pool.Target;
import dev.inferscale.signals.profile.Reading.Counter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.DoubleStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.Size;

class WindowProperties {
  private static final Target TARGET = Pools.target(Pools.pool("chat"), 0);

  @Property
  void theRateOfAnyCounterHistoryIsNeverNegative(
      @ForAll @Size(min = 2, max = 60) List<@DoubleRange(min = 0, max = 1e12) Double> totals,
      @ForAll @DoubleRange(min = 0.25, max = 20) double interval) {
    Window window = window();
    for (int i = 0; i < totals.size(); i++) {
      double rate = rate(window, i * interval, totals.get(i));
      assertThat(Double.isNaN(rate) || (rate >= 0 && Double.isFinite(rate))).isTrue();
    }
  }

  @Property
  void theRateOfASteadyCounterIsExactHoweverItIsSampled(
      @ForAll @Size(min = 1, max = 60) List<@DoubleRange(min = 0.05, max = 50) Double> pauses,
      @ForAll @DoubleRange(min = 0, max = 1e5) double perSecond) {
    Window window = window();
    double at = 0;
    rate(window, at, 0);
    for (double pause : pauses) {
      at += pause;
      assertThat(rate(window, at, perSecond * at))
          .isCloseTo(perSecond, within(1e-4 * perSecond + 1e-6));
    }
  }

  @Property
  void aQuantileLiesInsideItsBucket(
      @ForAll("increases") BucketIncrease increase,
      @ForAll @DoubleRange(min = 0.01, max = 0.99) double q) {
    double value = increase.quantile(q).value();
    double rank = q * increase.count();

    double[] bounds = increase.bounds();
    double below = 0;
    int bucket = 0;
    while (bucket < bounds.length && below + increase.counts()[bucket] < rank) {
      below += increase.counts()[bucket++];
    }
    double lower = bucket == 0 ? 0 : bounds[bucket - 1];
    double upper = bucket == bounds.length ? lower : bounds[bucket];
    assertThat(value).isBetween(lower - 1e-9, upper + 1e-9);
  }

  @Property
  void quantilesGrowWithTheirShare(@ForAll("increases") BucketIncrease increase) {
    double last = 0;
    for (double q = 0.05; q < 1; q += 0.05) {
      double value = increase.quantile(q).value();
      assertThat(value).isGreaterThanOrEqualTo(last - 1e-9);
      last = value;
    }
  }

  @Property
  void mergingEqualBoundsIsPlainAddition(
      @ForAll @Size(min = 1, max = 5) List<@From("countsOfThree") double[]> pods) {
    double[] bounds = {1, 2};
    List<BucketIncrease> parts = new ArrayList<>();
    double[] sums = new double[3];
    for (double[] counts : pods) {
      parts.add(new BucketIncrease(bounds.clone(), counts, 0));
      for (int i = 0; i < 3; i++) {
        sums[i] += counts[i];
      }
    }

    assertThat(BucketIncrease.merge(parts).counts()).containsExactly(sums);
  }

  @Property
  void mergingOnTheUnionLosesNoObservation(
      @ForAll @Size(min = 1, max = 5) List<@From("increases") BucketIncrease> parts) {
    BucketIncrease merged = BucketIncrease.merge(parts);

    double all = parts.stream().mapToDouble(BucketIncrease::count).sum();
    assertThat(merged.count()).isCloseTo(all, within(1e-6 * all));
    assertThat(DoubleStream.of(merged.counts()).min().orElseThrow())
        .isGreaterThanOrEqualTo(-1e-9 * all);
  }

  @Provide
  Arbitrary<double[]> countsOfThree() {
    return Arbitraries.integers()
        .between(0, 1000)
        .array(int[].class)
        .ofSize(3)
        .map(WindowProperties::doubles);
  }

  @Provide
  Arbitrary<BucketIncrease> increases() {
    Arbitrary<List<Integer>> bounds =
        Arbitraries.integers().between(0, 50).list().ofMinSize(1).ofMaxSize(12).uniqueElements();
    return bounds.flatMap(unsorted ->
        Arbitraries.integers()
            .between(0, 1000)
            .array(int[].class)
            .ofSize(unsorted.size() + 1)
            .filter(counts -> DoubleStream.of(doubles(counts)).sum() > 0)
            .map(counts -> increase(unsorted, doubles(counts))));
  }

  private static BucketIncrease increase(List<Integer> unsorted, double[] counts) {
    double[] bounds = unsorted.stream().sorted().mapToDouble(i -> i / 10.0).toArray();
    return new BucketIncrease(bounds, counts, 1);
  }

  private static double[] doubles(int[] counts) {
    return Arrays.stream(counts).asDoubleStream().toArray();
  }

  private static Window window() {
    return new Window(TARGET, new WindowLengths(Duration.ofSeconds(15), Duration.ofSeconds(60)));
  }

  private static double rate(Window window, double at, double total) {
    window.accept(Readings.reading().generated(total).read(TARGET, second(at)));
    return Objects.requireNonNull(window.view().measured()).rate(Counter.GENERATION_TOKENS);
  }
}
