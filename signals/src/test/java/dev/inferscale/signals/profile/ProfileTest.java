package dev.inferscale.signals.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.inferscale.signals.profile.Profile.BadProfile;
import dev.inferscale.signals.profile.Reading.Counter;
import dev.inferscale.signals.profile.Reading.Distribution;
import dev.inferscale.signals.profile.Reading.Gauge;
import dev.inferscale.signals.profile.Reading.Grade;
import dev.inferscale.signals.profile.Reading.Histogram;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ProfileTest {
  private static final String TWO_ENGINES =
      """
      # TYPE vllm:num_requests_waiting gauge
      vllm:num_requests_waiting{engine="0",model_name="m"} 3
      vllm:num_requests_waiting{engine="1",model_name="m"} 4
      # TYPE vllm:kv_cache_usage_perc gauge
      vllm:kv_cache_usage_perc{engine="0",model_name="m"} 0.9
      vllm:kv_cache_usage_perc{engine="1",model_name="m"} 0.3
      # TYPE vllm:cache_config_info gauge
      vllm:cache_config_info{engine="0",block_size="16",num_gpu_blocks="100",kv_cache_size_tokens="None"} 1
      vllm:cache_config_info{engine="1",block_size="16",num_gpu_blocks="300",kv_cache_size_tokens="None"} 1
      # TYPE vllm:time_to_first_token_seconds histogram
      vllm:time_to_first_token_seconds_bucket{engine="0",le="0.1"} 5
      vllm:time_to_first_token_seconds_bucket{engine="0",le="1"} 8
      vllm:time_to_first_token_seconds_bucket{engine="0",le="+Inf"} 10
      vllm:time_to_first_token_seconds_sum{engine="0"} 7
      vllm:time_to_first_token_seconds_count{engine="0"} 10
      vllm:time_to_first_token_seconds_bucket{engine="1",le="0.5"} 2
      vllm:time_to_first_token_seconds_bucket{engine="1",le="1"} 3
      vllm:time_to_first_token_seconds_bucket{engine="1",le="+Inf"} 4
      vllm:time_to_first_token_seconds_sum{engine="1"} 3
      vllm:time_to_first_token_seconds_count{engine="1"} 4
      """;

  @Test
  void countsOfEnginesAreAddedAndTheirRatiosWeightedByCapacity() {
    Reading reading = Pages.readText(TWO_ENGINES);

    assertThat(reading.gauge(Gauge.REQUESTS_WAITING)).isEqualTo(7);
    assertThat(reading.gauge(Gauge.KV_CACHE_CAPACITY_TOKENS)).isEqualTo(6_400);
    assertThat(reading.gauge(Gauge.KV_CACHE_UTILIZATION))
        .isEqualTo((0.9 * 1600 + 0.3 * 4800) / 6400);
    assertThat(reading.gauge(Gauge.TOKENS_RUNNING)).isEqualTo(0.9 * 1600 + 0.3 * 4800);
  }

  @Test
  void histogramsOfEnginesAreAddedAtTheBoundsThatAllOfThemHave() {
    Histogram histogram =
        Pages.histogram(Pages.readText(TWO_ENGINES), Distribution.TIME_TO_FIRST_TOKEN);

    assertThat(histogram.bounds()).containsExactly(1);
    assertThat(histogram.cumulative()).containsExactly(11, 14);
    assertThat(histogram.sum()).isEqualTo(10);
  }

  @Test
  void anEngineWithoutItsCapacityMakesTokensAbsentRatherThanTooFew() {
    Reading reading =
        Pages.readText(
            """
            vllm:kv_cache_usage_perc{engine="0"} 0.9
            vllm:kv_cache_usage_perc{engine="1"} 0.3
            vllm:cache_config_info{engine="0",kv_cache_size_tokens="1600"} 1
            """);

    assertThat(reading.gauge(Gauge.TOKENS_RUNNING)).isNaN();
    assertThat(reading.gauge(Gauge.KV_CACHE_UTILIZATION)).isEqualTo(0.6);
  }

  @Test
  void oneModelOfSeveralCanBeRead() {
    byte[] page =
        """
        vllm:num_requests_waiting{model_name="a"} 3
        vllm:num_requests_waiting{model_name="b"} 4
        process_start_time_seconds 5
        """
            .getBytes(Pages.UTF_8);

    assertThat(Pages.read(page, null).gauge(Gauge.REQUESTS_WAITING)).isEqualTo(7);
    assertThat(Pages.read(page, "b").gauge(Gauge.REQUESTS_WAITING)).isEqualTo(4);
    assertThat(Pages.read(page, "b").model()).isEqualTo("b");
    assertThat(Pages.read(page, "c").gauge(Gauge.REQUESTS_WAITING)).isNaN();
    assertThat(Pages.read(page, "c").provenance(Signal.REQUESTS_WAITING).absence())
        .isEqualTo("the page has no series of model c; it has a");
  }

  @Test
  void noWaitingRequestIsExactlyNoWaitingToken() {
    Reading idle = Pages.readText("vllm:num_requests_waiting 0\n");
    Reading busy = Pages.readText("vllm:num_requests_waiting 2\n");

    assertThat(idle.gauge(Gauge.TOKENS_WAITING)).isZero();
    assertThat(idle.provenance(Signal.TOKENS_WAITING).grade()).isEqualTo(Grade.DERIVED);
    assertThat(busy.gauge(Gauge.TOKENS_WAITING)).isNaN();
    assertThat(busy.provenance(Signal.TOKENS_WAITING).absence())
        .isEqualTo(
            "the page lacks vllm:approximate_uncached_tokens_waiting, which profile vllm reads");
  }

  @Test
  void waitingTokensAreAnEstimateUnlessAGaugeCountsThem() {
    Reading estimated = Pages.read("vllm-loaded.prom");
    Reading counted = Pages.readText("vllm:num_requests_waiting 2\nvllm:num_tokens_waiting 900\n");

    assertThat(estimated.gauge(Gauge.TOKENS_WAITING)).isNaN();
    assertThat(estimated.provenance(Signal.TOKENS_WAITING))
        .isEqualTo(
            new Reading.Provenance(
                List.of("vllm:num_requests_waiting", "vllm:request_prompt_tokens"),
                Grade.ESTIMATED,
                ""));
    assertThat(counted.gauge(Gauge.TOKENS_WAITING)).isEqualTo(900);
    assertThat(counted.provenance(Signal.TOKENS_WAITING).grade()).isEqualTo(Grade.DIRECT);
  }

  @Test
  void aValueThatCannotBeMakesItsSignalAbsent() {
    Reading reading =
        Pages.readText(
            """
            vllm:num_requests_running NaN
            vllm:num_requests_waiting -1
            vllm:kv_cache_usage_perc 41
            """);

    assertThat(reading.gauge(Gauge.REQUESTS_RUNNING)).isNaN();
    assertThat(reading.provenance(Signal.REQUESTS_RUNNING).absence()).contains("no usable number");
    assertThat(reading.gauge(Gauge.REQUESTS_WAITING)).isNaN();
    assertThat(reading.provenance(Signal.REQUESTS_WAITING).absence())
        .isEqualTo("vllm:num_requests_waiting says -1.0, which cannot be");
    assertThat(reading.gauge(Gauge.KV_CACHE_UTILIZATION)).isNaN();
    assertThat(reading.provenance(Signal.KV_CACHE_UTILIZATION).absence())
        .isEqualTo("vllm:kv_cache_usage_perc says 41.0, which is no ratio between 0 and 1");
  }

  @Test
  void moreThanOneTargetCanHoldMakesItsSignalsAbsent() {
    Reading reading =
        Pages.readText(
            """
            vllm:num_requests_running 5
            vllm:num_requests_waiting 1e18
            vllm:cache_config_info{kv_cache_size_tokens="2000000000"} 1
            """);

    assertThat(reading.gauge(Gauge.REQUESTS_RUNNING)).isEqualTo(5);
    assertThat(reading.gauge(Gauge.REQUESTS_WAITING)).isNaN();
    assertThat(reading.provenance(Signal.REQUESTS_WAITING).absence())
        .isEqualTo("vllm:num_requests_waiting says 1.0E18, more than one target can hold");
    assertThat(reading.provenance(Signal.REQUESTS_IN_FLIGHT).absence())
        .isEqualTo("vllm:num_requests_waiting says 1.0E18, more than one target can hold");
    assertThat(reading.gauge(Gauge.KV_CACHE_CAPACITY_TOKENS)).isNaN();
  }

  @Test
  void tokensFarBeyondTheCacheAreNotBelieved() {
    String page =
        """
        sglang:num_queue_reqs 0
        sglang:max_total_num_tokens 120000
        sglang:num_used_tokens %d
        """;

    assertThat(Pages.readText(page.formatted(1_200_000)).gauge(Gauge.TOKENS_RUNNING))
        .isEqualTo(1_200_000);
    Reading beyond = Pages.readText(page.formatted(1_300_000));
    assertThat(beyond.gauge(Gauge.TOKENS_RUNNING)).isNaN();
    assertThat(beyond.gauge(Gauge.REQUESTS_WAITING)).isZero();
    assertThat(beyond.provenance(Signal.TOKENS_RUNNING).absence())
        .isEqualTo(
            "sglang:num_used_tokens says 1300000.0, far beyond the 120000.0 tokens of the KV cache");
  }

  @Test
  void anOutcomeThatNeverOccurredIsZeroWhereTheCounterIsThere() {
    Reading some = Pages.readText("vllm:request_success_total{finished_reason=\"stop\"} 5\n");
    Reading none = Pages.readText("vllm:num_requests_running 1\n");

    assertThat(some.counter(Counter.REQUESTS_SUCCEEDED)).isEqualTo(5);
    assertThat(some.counter(Counter.REQUESTS_FAILED)).isZero();
    assertThat(none.counter(Counter.REQUESTS_FAILED)).isNaN();
  }

  @Test
  void otherSpellingsOfAnEnginesNamesAreRead() {
    Reading reading =
        Pages.PROFILES
            .named("vllm")
            .orElseThrow()
            .read(
                Pages.samples("kserve_vllm:num_requests_waiting 3\n".getBytes(Pages.UTF_8)),
                Pages.TARGET,
                Pages.AT,
                null);

    assertThat(reading.gauge(Gauge.REQUESTS_WAITING)).isEqualTo(3);
    assertThat(reading.provenance(Signal.REQUESTS_WAITING).from())
        .containsExactly("kserve_vllm:num_requests_waiting");
  }

  @Test
  void aPageWithoutSeriesSaysSo() {
    Reading reading =
        Pages.PROFILES
            .named("vllm")
            .orElseThrow()
            .read(Pages.samples(new byte[0]), Pages.TARGET, Pages.AT, null);

    assertThat(reading.gauges()).containsOnly(Double.NaN);
    assertThat(reading.provenance(Signal.REQUESTS_WAITING).absence())
        .isEqualTo("the page held no series");
  }

  @Test
  void prioritiesAndRanksOfSglangAreNotCountedTwice() {
    Reading reading =
        Pages.readText(
            """
            sglang:num_queue_reqs{priority="",tp_rank="0"} 5
            sglang:num_queue_reqs{priority="1",tp_rank="0"} 2
            sglang:num_queue_reqs{priority="2",tp_rank="0"} 3
            sglang:num_running_reqs{dp_rank="0",tp_rank="0"} 8
            sglang:num_running_reqs{dp_rank="0",tp_rank="1"} 8
            sglang:num_running_reqs{dp_rank="1",tp_rank="2"} 1
            """);

    assertThat(reading.gauge(Gauge.REQUESTS_WAITING)).isEqualTo(5);
    assertThat(reading.gauge(Gauge.REQUESTS_RUNNING)).isEqualTo(9);
  }

  @Test
  void everyFaultOfAProfileIsToldAtOnce() {
    BadProfile bad =
        catchThrowableOfType(
            BadProfile.class,
            () ->
                Profile.parse(
                    """
                    detekt: {prefixes: [x]}
                    gauges:
                      request_waiting: [a]
                      requests_running: [{series: "no name", scale: 0, grade: good}]
                      tokens_running: [{gauge: tokens_waiting}]
                      tokens_waiting: [{gauge: requests_running}]
                      kv_cache_utilization: [{ratio: [a]}]
                    histograms:
                      latency: [{sum: a}]
                    absent: {inference_ttft: never}
                    """));

    assertThat(bad.faults())
        .containsExactlyInAnyOrder(
            "detekt is no key here; did you mean detect?",
            "name is missing",
            "gauges.request_waiting is no key here; did you mean requests_waiting?",
            "gauges.requests_running[0].series is \"no name\"; it must be a metric name",
            "gauges.requests_running[0].scale is 0; it must be a number above 0",
            "gauges.requests_running[0].grade is \"good\"; it must be direct, derived or estimated",
            "gauges.kv_cache_utilization[0].ratio has 1 terms; it needs two",
            "histograms.latency[0] needs the key series, or the keys sum and count",
            "absent.inference_ttft is no key here; did you mean inference_ttft_seconds?",
            "gauges.tokens_running is made of tokens_waiting, which is itself made of a gauge;"
                + " name its series instead");
  }

  @Test
  void whatIsNoYamlIsRefusedWithItsLine() {
    assertThatThrownBy(() -> Profile.parse("name: a\nname: b\n"))
        .isInstanceOf(BadProfile.class)
        .hasMessageContaining("line 2");
    assertThatThrownBy(() -> Profile.parse("")).isInstanceOf(BadProfile.class);
    assertThatThrownBy(() -> Profile.parse("- a\n")).isInstanceOf(BadProfile.class);
    assertThatThrownBy(() -> Profile.parse("gauges: 7\n"))
        .isInstanceOf(BadProfile.class)
        .hasMessageContaining("gauges is 7; it must be a mapping");
  }

  @Test
  void aUsersProfileComesFirstAndReplacesOursOfItsName() {
    Profile own = Profile.parse("name: vllm\ndetect: {prefixes: [vllm]}\n");

    assertThat(Pages.PROFILES.with(List.of(own)).names())
        .containsExactly("vllm", "inference-worker", "sglang");
    assertThat(Pages.PROFILES.with(List.of(own)).named("vllm")).containsSame(own);
  }
}
