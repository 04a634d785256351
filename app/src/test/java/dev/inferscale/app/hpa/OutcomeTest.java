package dev.inferscale.app.hpa;

import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.app.hpa.Arithmetic.Invalid;
import dev.inferscale.app.hpa.Arithmetic.Proposal;
import dev.inferscale.app.hpa.Arithmetic.Replicas;
import dev.inferscale.app.hpa.Arithmetic.Scale;
import dev.inferscale.app.hpa.Hpa.Behavior;
import dev.inferscale.app.hpa.Hpa.Policy;
import dev.inferscale.app.hpa.Hpa.Workload;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OutcomeTest {
  private static final Proposal NONE = new Invalid("it has no value");

  @Test
  void theLargestWishCounts() {
    Outcome outcome = outcome(hpa(1, 10), 3, wish(4), wish(5));
    assertThat(outcome.desired()).isEqualTo(5);
    assertThat(outcome.because()).containsExactly("5 is the largest wish");
  }

  @Test
  void aBrokenMetricStopsShrinkingAndNotGrowing() {
    assertThat(outcome(hpa(1, 10), 3, NONE, wish(5)).desired()).isEqualTo(5);
    Outcome kept = outcome(hpa(1, 10), 3, NONE, wish(1));
    assertThat(kept.desired()).isEqualTo(3);
    assertThat(kept.because())
        .containsExactly(
            "stays at 3: 1 of 2 metrics have no value, and then nothing is scaled down");
    assertThat(outcome(hpa(1, 10), 3, NONE, NONE).desired()).isEqualTo(3);
  }

  @ParameterizedTest
  @CsvSource({"1, 10, 5", "3, 100, 7", "5, 100, 10", "8, 9, 9"})
  void withoutPoliciesItDoublesOrGrowsByFour(int now, int wish, int desired) {
    assertThat(outcome(hpa(1, 100), now, wish(wish)).desired()).isEqualTo(desired);
  }

  @Test
  void boundsAndPoliciesAreNamed() {
    Behavior slow =
        new Behavior(
            60, null, List.of(new Policy(true, 50, 60), new Policy(false, 1, 60)), false, true);
    Hpa hpa = hpa(1, 8, slow, Behavior.UNSAID);
    Outcome outcome = outcome(hpa, 4, wish(20));
    assertThat(outcome.desired()).isEqualTo(5);
    assertThat(outcome.because())
        .containsExactly(
            "20 is wished for",
            "maxReplicas makes it 8",
            "the smallest wish of the last 60 s counts (scaleUp)",
            "at most 5 within one period (scaleUp)");
    assertThat(outcome(hpa, 4, wish(0)).because())
        .containsExactly(
            "0 is wished for",
            "minReplicas makes it 1",
            "the largest wish of the last 300 s counts (scaleDown)");
  }

  @Test
  void disabledDirectionsStay() {
    Behavior disabled = new Behavior(null, null, null, true, false);
    assertThat(outcome(hpa(1, 8, disabled, disabled), 4, wish(8)).desired()).isEqualTo(4);
    assertThat(outcome(hpa(1, 8, disabled, disabled), 4, wish(1)).desired()).isEqualTo(4);
  }

  @Test
  void aTargetThatWasSetToNothingIsNotScaled() {
    Outcome outcome = outcome(hpa(1, 8), 0, wish(3));
    assertThat(outcome.desired()).isZero();
    assertThat(outcome.because()).singleElement().asString().startsWith("scaling is disabled");
    assertThat(outcome(hpa(0, 8), 0, wish(3)).desired()).isEqualTo(3);
  }

  private static Outcome outcome(Hpa hpa, int now, Proposal... proposals) {
    return Outcome.of(hpa, new Scale(now, now, now), List.of(proposals));
  }

  private static Proposal wish(int count) {
    return new Replicas(count, 1, false, "");
  }

  private static Hpa hpa(int min, int max) {
    return hpa(min, max, Behavior.UNSAID, Behavior.UNSAID);
  }

  private static Hpa hpa(int min, int max, Behavior up, Behavior down) {
    return new Hpa(
        "serving",
        "chat",
        "",
        new Workload("apps/v1", "Deployment", "chat"),
        min,
        max,
        List.of(),
        up,
        down);
  }
}
