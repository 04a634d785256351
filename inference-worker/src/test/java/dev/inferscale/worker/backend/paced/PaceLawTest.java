package dev.inferscale.worker.backend.paced;

import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.worker.backend.Batch;
import dev.inferscale.worker.backend.Batch.Sampling;
import dev.inferscale.worker.backend.Batch.Slice;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The oracle's case by hand: a = 10 ms, b = 1 ms, g = 10 us, d = 100 us, a prompt of 50 tokens.
class PaceLawTest {
  private static final PaceLaw LAW =
      new PaceLaw(
          Duration.ofMillis(10),
          Duration.ofMillis(1),
          Duration.ofNanos(10_000),
          Duration.ofNanos(100_000));

  @Test
  void aPromptCountsByItsTokensOnly() {
    StepWork work = StepWork.of(new Batch(List.of(prompt(0, 50, true))));

    assertThat(work).isEqualTo(new StepWork(0, 0, 50));
    assertThat(LAW.time(work)).isEqualTo(Duration.ofMillis(15));
  }

  @Test
  void aDecodingSequenceHoldsItsPromptAndItsOutput() {
    StepWork second = StepWork.of(new Batch(List.of(decoding(50))));
    StepWork third = StepWork.of(new Batch(List.of(decoding(51))));

    assertThat(second).isEqualTo(new StepWork(1, 51, 0));
    assertThat(LAW.time(second)).isEqualTo(Duration.ofNanos(11_510_000));
    assertThat(LAW.time(third)).isEqualTo(Duration.ofNanos(11_520_000));
  }

  @Test
  void partsOfAPromptHoldNothingUntilItIsWhole() {
    Batch batch =
        new Batch(
            List.of(
                decoding(99),
                decoding(200),
                prompt(0, 30, false),
                prompt(64, 1, false),
                prompt(64, 20, true)));

    assertThat(StepWork.of(batch)).isEqualTo(new StepWork(2, 301, 51));
    assertThat(LAW.time(StepWork.of(batch))).isEqualTo(Duration.ofNanos(20_110_000));
  }

  @Test
  void aPromptOfOneTokenIsAPrompt() {
    assertThat(StepWork.of(new Batch(List.of(prompt(0, 1, true)))))
        .isEqualTo(new StepWork(0, 0, 1));
  }

  @Test
  void nanosecondsAreNotLostOverManyTokens() {
    PaceLaw law =
        new PaceLaw(Duration.ZERO, Duration.ZERO, Duration.ofNanos(105), Duration.ofNanos(1));

    assertThat(law.time(new StepWork(256, 419_999, 3))).isEqualTo(Duration.ofNanos(44_099_898));
  }

  @Test
  void theLawReadsAsItsFormula() {
    assertThat(LAW).hasToString("10 ms + 1 ms B + 0.01 ms K + 0.1 ms P");
  }

  private static Slice prompt(int start, int count, boolean last) {
    return new Slice(new int[count], start, new int[0], Sampling.GREEDY, last);
  }

  private static Slice decoding(int computed) {
    return prompt(computed, 1, true);
  }
}
