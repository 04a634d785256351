package dev.inferscale.worker.backend.paced;

import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.worker.ArithmeticBackend;
import dev.inferscale.worker.ManualTime;
import dev.inferscale.worker.backend.Backend;
import dev.inferscale.worker.backend.Batch;
import dev.inferscale.worker.backend.Batch.Sampling;
import dev.inferscale.worker.backend.Batch.Slice;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/// When steps end, on a clock that goes on by a tick whenever it is read.
class PacedBackendTest {
  private static final Duration TICK = Duration.ofNanos(100_000);
  private static final Duration STEP = Duration.ofMillis(4);
  private static final Batch NEW = new Batch(List.of(slice(0)));
  private static final Batch NEXT = new Batch(List.of(slice(1)));

  private final ManualTime time = new ManualTime();
  private final Slow device = new Slow();
  private final PacedBackend paced =
      new PacedBackend(
          device,
          new PaceLaw(STEP, Duration.ZERO, Duration.ZERO, Duration.ZERO),
          () -> {
            time.advance(TICK);
            return time.instant();
          });

  @Test
  void aStepTakesItsTimeWhateverTheComputingTook() {
    device.takes = Duration.ofMillis(1);

    Instant begin = time.instant();
    paced.step(NEW);

    assertThat(Duration.between(begin, time.instant())).isBetween(STEP, STEP.plus(TICK));
  }

  @Test
  void whatOneStepIsLateTheNextOneMakesUp() {
    Instant begin = time.instant();
    device.takes = Duration.ofMillis(7);
    paced.step(NEW);
    device.takes = Duration.ZERO;
    for (int i = 0; i < 9; i++) {
      paced.step(NEXT);
    }

    assertThat(Duration.between(begin, time.instant()))
        .isBetween(STEP.multipliedBy(10), STEP.multipliedBy(10).plus(TICK.multipliedBy(2)));
    assertThat(paced.behind()).isZero();
  }

  @Test
  void whatTheEngineDoesBetweenStepsDoesNotAddUp() {
    Instant begin = time.instant();
    paced.step(NEW);
    for (int i = 0; i < 9; i++) {
      time.advance(Duration.ofMillis(1));
      paced.step(NEXT);
    }

    assertThat(Duration.between(begin, time.instant()))
        .isBetween(STEP.multipliedBy(10), STEP.multipliedBy(10).plus(TICK.multipliedBy(2)));
  }

  @Test
  void aStepOfNewSequencesOnlyBeginsWhenItComes() {
    paced.step(NEW);
    time.advance(Duration.ofMillis(3));

    Instant begin = time.instant();
    paced.step(NEW);

    assertThat(Duration.between(begin, time.instant())).isBetween(STEP, STEP.plus(TICK));
  }

  @Test
  void moreThanOneStepIsNotMadeUpButCounted() {
    paced.step(NEW);
    time.advance(Duration.ofSeconds(5));
    paced.step(NEXT);

    Instant begin = time.instant();
    paced.step(NEXT);

    assertThat(Duration.between(begin, time.instant()))
        .isBetween(STEP.minus(TICK.multipliedBy(3)), STEP.plus(TICK));
    assertThat(paced.behind()).isBetween(Duration.ofMillis(4995), Duration.ofMillis(4997));
  }

  @Test
  void theDeviceIsSaidToBePacedAndClosedWithIt() {
    assertThat(paced.capacity().device())
        .isEqualTo("paced (a step takes 4 ms + 0 ms B + 0 ms K + 0 ms P; tokens by arithmetic)");

    paced.close();

    assertThat(device.computing.isClosed()).isTrue();
  }

  private static Slice slice(int start) {
    return new Slice(new int[] {1}, start, new int[] {0}, Sampling.GREEDY, true);
  }

  /// A device that takes time of the clock.
  private final class Slow implements Backend {
    private final ArithmeticBackend computing = new ArithmeticBackend(4, 4, 16, 29);
    private Duration takes = Duration.ZERO;

    @Override
    public Capacity capacity() {
      return computing.capacity();
    }

    @Override
    public int[] step(Batch batch) {
      time.advance(takes);
      return computing.step(batch);
    }

    @Override
    public void close() {
      computing.close();
    }
  }
}
