package dev.inferscale.signals.window;

import static dev.inferscale.signals.ManualTime.second;
import static dev.inferscale.signals.Readings.idle;
import static dev.inferscale.signals.Readings.reading;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.inferscale.signals.Pools;
import dev.inferscale.signals.Readings;
import dev.inferscale.signals.pool.ModelPool.WindowLengths;
import dev.inferscale.signals.pool.Target;
import dev.inferscale.signals.profile.Reading.Counter;
import dev.inferscale.signals.profile.Reading.Distribution;
import dev.inferscale.signals.profile.Reading.Gauge;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class WindowTest {
  private static final Target TARGET = Pools.target(Pools.pool("chat"), 0);
  private static final double[] BOUNDS = {1, 2, 4};

  private final Window window =
      new Window(TARGET, new WindowLengths(Duration.ofSeconds(15), Duration.ofSeconds(60)));

  private Measured read(double second, Readings reading) {
    window.accept(reading.read(TARGET, second(second)));
    return measured();
  }

  private Measured measured() {
    return Objects.requireNonNull(window.view().measured());
  }

  private BucketIncrease timeToFirstToken() {
    return Objects.requireNonNull(measured().increase(Distribution.TIME_TO_FIRST_TOKEN));
  }

  private static Readings firstTokens(double... cumulative) {
    return reading().with(Distribution.TIME_TO_FIRST_TOKEN, BOUNDS, cumulative[0], cumulative);
  }

  private double generationRate() {
    return measured().rate(Counter.GENERATION_TOKENS);
  }

  @Test
  void oneReadingGivesNoRate() {
    read(0, reading().generated(500_000));

    assertThat(generationRate()).isNaN();
    assertThat(measured().watched()).isZero();
  }

  @Test
  void aRateIsTheIncreaseOverTheTimeThatWasReallyCovered() {
    read(0, reading().generated(500_000));
    read(2, reading().generated(502_000));

    assertThat(generationRate()).isCloseTo(1000, within(1e-6));
  }

  @Test
  void aRateForgetsWhatLiesBeforeItsWindow() {
    read(0, reading().generated(0));
    read(2, reading().generated(1_000_000));
    for (int t = 4; t <= 20; t += 2) {
      read(t, reading().generated(1_000_000));
    }

    assertThat(generationRate()).isZero();
  }

  @Test
  void aStepThatReachesOutOfTheWindowCountsByTheShareInside() {
    read(0, reading().generated(0));
    read(10, reading().generated(1000));
    read(20, reading().generated(1000));

    assertThat(generationRate()).isCloseTo(500 / 15.0, within(1e-3));
  }

  @Test
  void anIncreaseAcrossAGapIsSpreadOverTheTimeItTook() {
    for (int t = 0; t <= 40; t += 2) {
      read(t, reading().generated(1000 * t));
    }
    read(80, reading().generated(80_000));
    assertThat(generationRate()).isCloseTo(1000, within(1.0));

    for (int t = 82; t <= 100; t += 2) {
      read(t, reading().generated(1000 * t));
      assertThat(generationRate()).isCloseTo(1000, within(1.0));
    }
  }

  @Test
  void afterAGapLongerThanAllWindowsCountingBeginsAnew() {
    read(0, reading().generated(0));
    read(2, reading().generated(2000));
    read(100, reading().generated(1_000_000));

    assertThat(generationRate()).isNaN();
    assertThat(measured().watched()).isZero();
  }

  @Test
  void aTotalThatCannotHaveBeenCountedIsAsGoodAsNoStep() {
    read(0, reading().generated(500_000));
    read(2, reading().generated(502_000));
    read(4, reading().generated(1e18));
    assertThat(generationRate()).isCloseTo(1000, within(1e-6));

    read(6, reading().generated(1e18));
    assertThat(generationRate()).isCloseTo(500, within(1e-6));
  }

  @Test
  void aCounterThatFallsIsARestart() {
    read(0, reading().generated(500_000));
    read(2, reading().generated(300));

    assertThat(generationRate()).isCloseTo(150, within(1e-6));
  }

  @Test
  void anotherRestartMarkIsARestartThoughTheCounterGrew() {
    read(0, reading().generated(100).restartMark("1"));
    read(2, reading().generated(300).restartMark("2"));

    assertThat(generationRate()).isCloseTo(150, within(1e-6));
  }

  @Test
  void aCounterThatWasAwayForOnePageDoesNotBringItsWholeHistory() {
    read(0, reading().generated(500_000));
    read(2, reading().generated(502_000));
    read(4, reading());
    read(6, reading().generated(506_000));
    assertThat(generationRate()).isCloseTo(1000, within(1e-6));

    read(8, reading().generated(508_000));
    assertThat(generationRate()).isCloseTo(1000, within(1e-6));
  }

  @Test
  void aReadingThatIsNotLaterIsLeftOut() {
    read(0, reading().generated(0));
    read(2, reading().generated(2000));
    read(1, reading().generated(999_999));
    read(2, reading().generated(999_999));

    assertThat(generationRate()).isCloseTo(1000, within(1e-6));
  }

  @Test
  void bucketsOfTheWindowAreTheIncreaseNotTheTotal() {
    read(0, firstTokens(100, 200, 300, 400));
    read(2, firstTokens(101, 203, 303, 404));

    assertThat(timeToFirstToken().counts()).containsExactly(1, 2, 0, 1);
    assertThat(timeToFirstToken().sum()).isEqualTo(1);
  }

  @Test
  void bucketsOfOldSubIntervalsAreDropped() {
    read(0, firstTokens(0, 0, 0, 0));
    read(2, firstTokens(50, 50, 50, 50));
    for (int t = 4; t <= 80; t += 2) {
      read(t, firstTokens(50, 50, 50, 50 + t));
    }

    assertThat(timeToFirstToken().counts()[0]).isZero();
    assertThat(timeToFirstToken().count()).isBetween(60.0, 68.0);
  }

  @Test
  void changedBoundsAreARestart() {
    read(0, firstTokens(100, 200, 300, 400));
    read(
        15,
        reading()
            .with(Distribution.TIME_TO_FIRST_TOKEN, new double[] {0.5, 1, 2.5}, 9, 0, 2, 6, 8));

    assertThat(timeToFirstToken().bounds()).containsExactly(0.5, 1, 2.5);
    assertThat(timeToFirstToken().counts()).containsExactly(0, 2, 4, 2);
  }

  @Test
  void aBucketThatFellIsARestart() {
    read(0, firstTokens(100, 200, 300, 400));
    read(2, firstTokens(1, 2, 3, 401));

    assertThat(timeToFirstToken().counts()).containsExactly(1, 1, 1, 398);
  }

  @Test
  void anObservationThatMovesDownABucketIsNeverNegative() {
    read(0, firstTokens(5, 10, 10, 10));
    read(2, firstTokens(8, 10, 10, 10));

    assertThat(timeToFirstToken().counts()).containsExactly(3, 0, 0, 0);
  }

  @Test
  void waitingTokensAreExactlyZeroWhenNothingWaits() {
    assertThat(read(0, idle()).tokensWaiting()).isZero();
  }

  @Test
  void waitingTokensUseTheMeanPromptOfTheWindowAndFallBackToTheLifetimes() {
    Readings first =
        reading()
            .waiting(3)
            .with(Gauge.LIFETIME_PROMPT_TOKENS_PER_REQUEST, 500)
            .with(Distribution.PROMPT_TOKENS, new double[0], 1000, 2);
    assertThat(read(0, first).tokensWaiting()).isEqualTo(1500);

    Readings second =
        reading()
            .waiting(3)
            .with(Gauge.LIFETIME_PROMPT_TOKENS_PER_REQUEST, 600)
            .with(Distribution.PROMPT_TOKENS, new double[0], 2000, 3);
    assertThat(read(2, second).tokensWaiting()).isEqualTo(3000);
  }

  @Test
  void oneIdleReadingIsNotYetIdleness() {
    assertThat(read(0, idle()).idleFor(Duration.ofSeconds(15))).isFalse();
    assertThat(read(2, idle()).idleFor(Duration.ofSeconds(15))).isTrue();
  }

  @Test
  void anEngineIsIdleOnlyAWholeWindowAfterItsLastRequest() {
    read(0, idle());
    read(2, reading().waiting(0).running(1));
    read(4, idle());

    assertThat(measured().idleFor(Duration.ofSeconds(15))).isFalse();
    for (int t = 6; t <= 18; t += 2) {
      read(t, idle());
    }
    assertThat(measured().idleFor(Duration.ofSeconds(15))).isTrue();
    assertThat(measured().idleFor(Duration.ofSeconds(60))).isFalse();
  }

  @Test
  void anEngineThatDoesNotTellIsNeverIdle() {
    read(0, reading());

    assertThat(read(2, reading()).idleFor(Duration.ofSeconds(15))).isFalse();
  }

  @Test
  void requestsThatWaitWhileNoneLeavesHaveWaitedThatLong() {
    Readings hung = reading().waiting(37).with(Counter.REQUESTS_FINISHED, 4100);
    read(0, hung);
    read(15, hung);
    assertThat(measured().stalledFor()).isEqualTo(Duration.ofSeconds(15));

    read(17, reading().waiting(37).with(Counter.REQUESTS_FINISHED, 4101));
    assertThat(measured().stalledFor()).isZero();
  }

  @Test
  void aFaultStandsUntilTheNextReading() {
    read(0, idle());
    window.accept(new Outcome.Failed(TARGET, FetchFault.TIMED_OUT, "slow", second(2)));
    assertThat(window.view().fault()).isNotNull();
    assertThat(window.view().measured()).isNotNull();

    read(4, idle());
    assertThat(window.view().fault()).isNull();
  }
}
