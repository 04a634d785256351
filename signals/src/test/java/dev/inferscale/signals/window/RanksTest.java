package dev.inferscale.signals.window;

import static dev.inferscale.signals.ManualTime.second;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.inferscale.signals.EnginePages;
import dev.inferscale.signals.Pools;
import dev.inferscale.signals.exposition.Limits;
import dev.inferscale.signals.pool.ModelPool;
import dev.inferscale.signals.pool.Target;
import dev.inferscale.signals.profile.Profiles;
import dev.inferscale.signals.profile.Reading.Counter;
import dev.inferscale.signals.profile.Reading.Distribution;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/// Pages whose totals are sums over ranks that come and go.
class RanksTest {
  private static final ModelPool POOL = Pools.pool("chat");
  private static final Target TARGET = Pools.target(POOL, 0);
  private static final EnginePages PAGES = new EnginePages(Profiles.bundled(), Limits.DEFAULTS);
  private static final String STARTED = "process_start_time_seconds 1.7e9\n";

  private final Window window = new Window(TARGET, POOL.windows());

  private Measured read(double second, String... lines) {
    byte[] page = (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8);
    Outcome.Asked outcome = PAGES.read(POOL, TARGET, page, "", second(second));
    assertThat(outcome).isInstanceOf(Outcome.Read.class);
    window.accept(outcome);
    return Objects.requireNonNull(window.view().measured());
  }

  private static String tokens(int rank, double total) {
    return "vllm:generation_tokens_total{engine=\"%d\",model_name=\"m\"} %s".formatted(rank, total);
  }

  private static String ended(String reason, double total) {
    return "vllm:request_success_total{engine=\"0\",finished_reason=\"%s\"} %s"
        .formatted(reason, total);
  }

  private static String waits(int rank, int count) {
    return """
    vllm:time_to_first_token_seconds_bucket{engine="%1$d",le="1"} %2$d
    vllm:time_to_first_token_seconds_bucket{engine="%1$d",le="+Inf"} %2$d
    vllm:time_to_first_token_seconds_sum{engine="%1$d"} %2$d
    vllm:time_to_first_token_seconds_count{engine="%1$d"} %2$d\
    """
        .formatted(rank, count);
  }

  private static double generated(Measured measured) {
    return measured.rate(Counter.GENERATION_TOKENS);
  }

  @Test
  void aRankThatLeavesIsNoRestartOfTheOthers() {
    assertRankLeaves(STARTED);
  }

  @Test
  void norIsItWhereThePageDoesNotTellWhenItsProcessStarted() {
    assertRankLeaves("");
  }

  private void assertRankLeaves(String started) {
    read(0, started, tokens(0, 500_000), tokens(1, 700_000));
    assertThat(generated(read(2, started, tokens(0, 500_200), tokens(1, 700_000))))
        .isCloseTo(100, within(1e-6));

    assertThat(generated(read(4, started, tokens(0, 500_400)))).isCloseTo(100, within(1e-6));
    assertThat(generated(read(6, started, tokens(0, 500_600)))).isCloseTo(100, within(1e-6));
  }

  @Test
  void aRankThatJoinsDoesNotBringItsPast() {
    read(0, STARTED, tokens(0, 500_000));
    read(2, STARTED, tokens(0, 500_200));

    assertThat(generated(read(4, STARTED, tokens(0, 500_400), tokens(1, 900_000))))
        .isCloseTo(100, within(1e-6));
    assertThat(generated(read(6, STARTED, tokens(0, 500_600), tokens(1, 900_200))))
        .as("100, then 200 per second; the step between is not known")
        .isCloseTo(150, within(1e-6));
  }

  @Test
  void aRankThatRestartsAloneIsNoBurst() {
    read(0, tokens(0, 500_000), tokens(1, 700_000));
    assertThat(generated(read(2, tokens(0, 500_200), tokens(1, 10)))).isNaN();
    assertThat(generated(read(4, tokens(0, 500_400), tokens(1, 10)))).isCloseTo(100, within(1e-6));
  }

  @Test
  void aRankThatSaysItStartedAnewIsNoRestartOfTheOthers() {
    String first = "vllm:generation_tokens_created{engine=\"0\"} 100";
    read(0, first, tokens(0, 500_000));

    assertThat(
            generated(
                read(
                    2,
                    first,
                    "vllm:generation_tokens_created{engine=\"1\"} 200",
                    tokens(0, 500_200),
                    tokens(1, 10))))
        .isNaN();
  }

  @Test
  void aTotalThatFallsInTheSameProcessIsNoRestart() {
    read(0, STARTED, tokens(0, 500_000));

    assertThat(generated(read(2, STARTED, tokens(0, 400_000)))).isNaN();
  }

  @Test
  void aProcessThatRestartsWithFewerRanksCountsFromZero() {
    read(0, STARTED, tokens(0, 500_000), tokens(1, 700_000));

    assertThat(generated(read(2, "process_start_time_seconds 1.8e9", tokens(0, 200))))
        .isCloseTo(100, within(1e-6));
  }

  @Test
  void aSeriesOfAPageThatHadNoneCountsFromItsFirstSight() {
    read(0, STARTED, "vllm:num_requests_running 1");
    assertThat(generated(read(2, STARTED, tokens(0, 500_000)))).isNaN();
    assertThat(generated(read(4, STARTED, tokens(0, 500_200)))).isCloseTo(100, within(1e-6));
  }

  @Test
  void anOutcomeThatNeverOccurredBeginsAtZero() {
    read(0, STARTED, ended("stop", 1000));

    Measured measured = read(2, STARTED, ended("stop", 1010), ended("error", 4));
    assertThat(measured.rate(Counter.REQUESTS_FAILED)).isCloseTo(2, within(1e-6));
    assertThat(measured.rate(Counter.REQUESTS_FINISHED)).isCloseTo(7, within(1e-6));
  }

  @Test
  void bucketsOfRanksThatComeAndGoAreNoBurst() {
    read(0, STARTED, waits(0, 1000));
    read(2, STARTED, waits(0, 1010));
    read(4, STARTED, waits(0, 1020), waits(1, 5000));
    read(6, STARTED, waits(0, 1030), waits(1, 5000));
    Measured measured = read(8, STARTED, waits(0, 1040));

    BucketIncrease increase =
        Objects.requireNonNull(measured.increase(Distribution.TIME_TO_FIRST_TOKEN));
    assertThat(increase.count()).isEqualTo(20);
  }
}
