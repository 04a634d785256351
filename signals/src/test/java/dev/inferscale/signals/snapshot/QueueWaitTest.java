package dev.inferscale.signals.snapshot;

import static dev.inferscale.signals.ManualTime.second;
import static dev.inferscale.signals.Readings.reading;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.inferscale.signals.Pools;
import dev.inferscale.signals.Readings;
import dev.inferscale.signals.pool.PoolTargets;
import dev.inferscale.signals.profile.Reading.Counter;
import dev.inferscale.signals.profile.Reading.Distribution;
import dev.inferscale.signals.profile.Reading.Gauge;
import dev.inferscale.signals.profile.Signal;
import java.util.List;
import java.util.Objects;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class QueueWaitTest {
  private final Windows windows = new Windows();
  private final PoolTargets listed = Pools.targets(Pools.pool("chat"), 1);

  private Answer read(double second, Readings reading) {
    Snapshot snapshot =
        windows.fold(
            List.of(reading.read(listed.targets().getFirst(), second(second))),
            List.of(listed),
            second(second));
    return Objects.requireNonNull(snapshot.pools().get(listed.pool().id()))
        .answer(Signal.QUEUE_WAIT, OptionalDouble.empty(), second(second));
  }

  private Answer.Value value(double second, Readings reading) {
    return (Answer.Value) read(second, reading);
  }

  @Test
  void waitingRequestsOverTheRateAtWhichTheyLeave() {
    read(0, reading().waiting(20).with(Counter.REQUESTS_FINISHED, 0));
    Answer.Value wait = value(2, reading().waiting(20).with(Counter.REQUESTS_FINISHED, 8));

    assertThat(wait.number()).isCloseTo(5, within(1e-6));
    assertThat(wait.quality()).isEqualTo(Quality.ESTIMATED);
    assertThat(wait.note()).isEqualTo("nowcast: waiting requests / service rate");
  }

  @Test
  void firstTokensShowWhoLeftTheQueueEarlierThanFinishedRequestsDo() {
    double[] bounds = {1};
    read(
        0,
        reading()
            .waiting(20)
            .with(Counter.REQUESTS_FINISHED, 0)
            .with(Distribution.TIME_TO_FIRST_TOKEN, bounds, 0, 0, 0));
    Answer.Value wait =
        value(
            2,
            reading()
                .waiting(20)
                .with(Counter.REQUESTS_FINISHED, 0)
                .with(Distribution.TIME_TO_FIRST_TOKEN, bounds, 1, 4, 4));

    assertThat(wait.number()).isCloseTo(10, within(1e-6));
  }

  @Test
  void theOldestWaitWhereItIsLonger() {
    Readings first = reading().waiting(20).with(Counter.REQUESTS_FINISHED, 0);
    read(0, first.with(Gauge.QUEUE_OLDEST_SECONDS, 9));
    Answer.Value wait =
        value(
            2,
            reading()
                .waiting(20)
                .with(Counter.REQUESTS_FINISHED, 8)
                .with(Gauge.QUEUE_OLDEST_SECONDS, 9));

    assertThat(wait.number()).isEqualTo(9);
    assertThat(wait.note()).isEqualTo("nowcast: oldest wait");
  }

  @Test
  void nothingWaitingMeansNoWaitThoughRequestsRun() {
    Answer.Value wait = value(0, reading().waiting(0).running(5));

    assertThat(wait.number()).isZero();
    assertThat(wait.quality()).isEqualTo(Quality.DERIVED);
  }

  @Test
  void withNothingServedTheWaitIsAMarkedLowerBound() {
    Readings hung = reading().waiting(52).running(0).with(Counter.REQUESTS_FINISHED, 4100);
    assertThat(read(0, hung)).isInstanceOf(Answer.Missing.class);

    Answer.Value wait = value(15, hung);
    assertThat(wait.number()).isEqualTo(15);
    assertThat(wait.note()).isEqualTo("lower bound: nothing is being served for 15 s");
  }

  @Test
  void withNothingServedTheOldestWaitIsTheLowerBound() {
    Readings hung =
        reading()
            .waiting(52)
            .with(Counter.REQUESTS_FINISHED, 4100)
            .with(Gauge.QUEUE_OLDEST_SECONDS, 40);
    read(0, hung);

    Answer.Value wait = value(15, hung);
    assertThat(wait.number()).isEqualTo(40);
    assertThat(wait.note()).startsWith("lower bound");
  }

  @Test
  void onFirstSightOfAQueueThereIsNoRateYet() {
    Answer.Missing missing =
        (Answer.Missing) read(0, reading().waiting(3).with(Counter.REQUESTS_FINISHED, 5));

    assertThat(missing.why()).isEqualTo(Absence.NOT_YET);
  }

  @Test
  void tokensThatStandStillShowThatNothingIsServedToo() {
    Readings hung = reading().waiting(52).running(0).generated(733_210);
    read(0, hung);

    assertThat(value(15, hung).note()).startsWith("lower bound: nothing is being served");
  }

  @Test
  void withoutAnyCountOfThoseWhoLeaveTheWaitIsAbsent() {
    read(0, reading().waiting(3).generated(0));
    Answer.Missing missing = (Answer.Missing) read(2, reading().waiting(3).generated(2000));

    assertThat(missing.why()).isEqualTo(Absence.ABSENT);
  }
}
