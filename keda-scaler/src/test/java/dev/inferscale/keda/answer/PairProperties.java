package dev.inferscale.keda.answer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.keda.trigger.Trigger;
import dev.inferscale.signals.pool.PoolId;
import dev.inferscale.signals.profile.Signal;
import java.util.OptionalDouble;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Scale;
import org.assertj.core.data.Offset;

final class PairProperties {
  @Property
  void aKedaThatKnowsWholeNumbersOnlyComesToTheSameReplicasForCounts(
      @ForAll @DoubleRange(max = 1e7) double value,
      @ForAll @IntRange(min = 1, max = 100_000) int target) {
    Trigger trigger = trigger(Signal.REQUESTS_WAITING, target);
    Pair wanted = Standing.target(trigger);
    Pair now = Pair.of(trigger, value);

    assertThat(replicas(now.whole(), wanted.whole()))
        .isEqualTo(Math.ceil(now.exact() / wanted.exact()));
  }

  @Property
  void ratiosAndSecondsKeepThreeDecimals(
      @ForAll @DoubleRange(max = 1000) @Scale(4) double value,
      @ForAll @DoubleRange(min = 0.001, max = 100) @Scale(3) double target) {
    Trigger trigger = trigger(Signal.QUEUE_WAIT, target);

    assertThat(Pair.of(trigger, value).whole() / 1000.0).isCloseTo(value, within());
    assertThat(Standing.target(trigger).whole()).isPositive();
  }

  @Property
  void onlyNothingIsZero(@ForAll @DoubleRange(min = 1e-9, max = 9.2e15) @Scale(9) double value) {
    for (Signal signal : new Signal[] {Signal.REQUESTS_WAITING, Signal.KV_CACHE_UTILIZATION}) {
      Pair pair = Pair.of(trigger(signal, 1), value);
      assertThat(pair.whole()).isPositive();
      assertThat(pair.exact()).isPositive();
    }
  }

  @Example
  void examples() {
    Trigger requests = trigger(Signal.REQUESTS_WAITING, 5);
    assertThat(Pair.of(requests, 0)).isEqualTo(new Pair(0, 0));
    assertThat(Pair.of(requests, 0.4)).isEqualTo(new Pair(1, 0.4));
    assertThat(Pair.of(requests, 1.5)).isEqualTo(new Pair(2, 1.5));
    assertThat(Pair.of(requests, 1e9)).isEqualTo(new Pair(1_000_000_000, 1e9));
    assertThat(Pair.of(trigger(Signal.KV_CACHE_UTILIZATION, 0.8), 0.83))
        .isEqualTo(new Pair(830, 0.83));
  }

  private static double replicas(long value, long target) {
    return Math.ceil((double) value / target);
  }

  private static Offset<Double> within() {
    return Offset.offset(0.001);
  }

  private static Trigger trigger(Signal signal, double target) {
    return new Trigger(new PoolId("serving", "chat"), signal, OptionalDouble.empty(), target, 0);
  }
}
