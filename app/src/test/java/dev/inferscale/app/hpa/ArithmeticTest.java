package dev.inferscale.app.hpa;

import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.app.hpa.Arithmetic.Edges;
import dev.inferscale.app.hpa.Arithmetic.Invalid;
import dev.inferscale.app.hpa.Arithmetic.Replicas;
import dev.inferscale.app.hpa.Arithmetic.Scale;
import dev.inferscale.app.hpa.Hpa.Goal;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ArithmeticTest {
  private static final double TOLERANCE = 0.1;

  @ParameterizedTest
  @CsvSource({
    // sum, target, status.replicas, desired
    "8400000, 2000000, 3, 5",
    "6500000, 2000000, 3, 3", // 1.083 is within the tolerance
    "6600001, 2000000, 3, 4",
    "5400000, 2000000, 3, 3", // 0.9 is within it too
    "5399999, 2000000, 3, 3", // outside, and ceil gives 3 again
    "4000000, 2000000, 3, 2",
    "0, 2000000, 3, 0",
    "1, 2000000, 1, 1",
  })
  void anAverageValueIsTheSumOverTheTargetWhateverIsReady(
      long sum, long target, int replicas, int desired) {
    for (int ready = 0; ready <= replicas; ready++) {
      Scale scale = new Scale(replicas, replicas, ready);
      assertThat(propose(sum, new Goal(true, target), scale).count()).isEqualTo(desired);
    }
  }

  @ParameterizedTest
  @CsvSource({
    // value, target, spec.replicas, ready, desired
    "2000, 1000, 3, 3, 6",
    "2000, 1000, 3, 1, 2", // only ready pods multiply
    "1100, 1000, 3, 1, 3",
    "500, 1000, 4, 4, 2",
    "0, 1000, 4, 4, 0",
  })
  void aValueIsARatioTimesTheReadyPods(
      long value, long target, int replicas, int ready, int desired) {
    Scale scale = new Scale(replicas, replicas, ready);
    assertThat(propose(value, new Goal(false, target), scale).count()).isEqualTo(desired);
  }

  @Test
  void atNoReplicasTheSumAloneCounts() {
    Scale none = new Scale(0, 0, 0);
    assertThat(propose(4_500_000, new Goal(true, 2_000_000), none).count()).isEqualTo(3);
    assertThat(propose(2_500, new Goal(false, 1_000), none).count()).isEqualTo(3);
    assertThat(propose(0, new Goal(true, 2_000_000), none).count()).isZero();
  }

  @Test
  void aTargetOfNothingIsRefused() {
    assertThat(Arithmetic.propose(1, new Goal(true, 0), new Scale(1, 1, 1), 0.1, 0.1))
        .isEqualTo(new Invalid("the target must be greater than 0"));
    assertThat(Arithmetic.pods(1, 1, new Goal(true, -1), new Scale(1, 1, 1), 0.1, 0.1))
        .isEqualTo(new Invalid("the target must be greater than 0"));
  }

  @Test
  void valuesOfPodsAreAveragedOverThem() {
    Scale four = new Scale(4, 4, 4);
    assertThat(Arithmetic.pods(9_000, 3, new Goal(true, 2_000), four, 0.1, 0.1))
        .isInstanceOfSatisfying(Replicas.class, r -> assertThat(r.count()).isEqualTo(5));
    assertThat(Arithmetic.pods(6_000, 3, new Goal(true, 2_000), four, 0.1, 0.1))
        .isInstanceOfSatisfying(Replicas.class, r -> assertThat(r.count()).isEqualTo(4));
  }

  /// What `explain` calls the edges is where the same arithmetic says something else.
  @Property
  void theEdgesAreWhereTheProposalChanges(
      @ForAll @LongRange(min = 1, max = 40_000_000) long sum,
      @ForAll @LongRange(min = 1, max = 10_000_000) long target,
      @ForAll @IntRange(min = 1, max = 50) int replicas,
      @ForAll boolean perReplica) {
    Scale scale = new Scale(replicas, replicas, replicas);
    Goal goal = new Goal(perReplica, target);
    Replicas now = propose(sum, goal, scale);
    Edges edges = Arithmetic.edges(sum, goal, scale, TOLERANCE, TOLERANCE);

    assertThat(edges.more()).isFinite();
    long above = (long) Math.ceil(edges.more() * (1 + 1e-9)) + 1;
    assertThat(above).isGreaterThan(sum);
    assertThat(propose(above, goal, scale).count()).isGreaterThan(now.count());
    long between = sum + (long) ((edges.more() - sum) / 2);
    assertThat(propose(Math.max(between, sum), goal, scale).count())
        .isLessThanOrEqualTo(now.count());
    if (edges.fewer() > 0) {
      long below = Math.max(0, (long) Math.floor(edges.fewer() * (1 - 1e-9)) - 1);
      assertThat(propose(below, goal, scale).count()).isLessThan(now.count());
    }
  }

  private static Replicas propose(long milli, Goal goal, Scale scale) {
    return (Replicas) Arithmetic.propose(milli, goal, scale, TOLERANCE, TOLERANCE);
  }
}
