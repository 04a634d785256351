package dev.inferscale.signals.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.inferscale.signals.exposition.Defect;
import dev.inferscale.signals.profile.Reading.Counter;
import dev.inferscale.signals.profile.Reading.Distribution;
import dev.inferscale.signals.profile.Reading.Gauge;
import dev.inferscale.signals.profile.Reading.Grade;
import dev.inferscale.signals.profile.Reading.Histogram;
import dev.inferscale.signals.profile.Reading.Provenance;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Pages that people reported to be read wrongly.
final class ReportedPagesTest {
  @Test
  void aRatioThatEachProcessRepeatsIsItsLargest() {
    Reading reading = Pages.read("cases/vllm-gauge-per-process.prom");

    assertThat(reading.gauge(Gauge.KV_CACHE_UTILIZATION)).isEqualTo(0.653);
    assertThat(reading.gauge(Gauge.TOKENS_RUNNING)).isCloseTo(65_300, within(0.1));
    assertThat(reading.provenance(Signal.TOKENS_RUNNING).grade()).isEqualTo(Grade.DERIVED);
  }

  @Test
  void anOldNameIsNeverAddedToItsNewOne() {
    Reading reading = Pages.read("cases/vllm-old-and-new-names.prom");
    Reading later = Pages.read("cases/vllm-old-and-new-names-t10.prom");

    assertThat(reading.gauge(Gauge.KV_CACHE_UTILIZATION)).isEqualTo(0.41);
    assertThat(reading.gauge(Gauge.REQUESTS_WAITING)).isEqualTo(7);
    assertThat(reading.gauge(Gauge.TOKENS_RUNNING)).isCloseTo(41_000, within(0.1));
    assertThat(reading.provenance(Signal.KV_CACHE_UTILIZATION))
        .isEqualTo(new Provenance(List.of("vllm:kv_cache_usage_perc"), Grade.DIRECT, ""));
    assertThat(reading.provenance(Signal.INTER_TOKEN_LATENCY).from())
        .containsExactly("vllm:inter_token_latency_seconds");
    assertThat(Pages.histogram(later, Distribution.INTER_TOKEN_LATENCY).count()).isEqualTo(400);
  }

  @Test
  void twoBadLinesCostNothingElse() {
    byte[] page = Pages.bytes("cases/vllm-two-bad-lines.prom");
    Reading reading = Pages.read("cases/vllm-two-bad-lines.prom");

    assertThat(Pages.samples(page).defects())
        .containsExactly(
            new Defect(
                5,
                "no ',' or '}' after the value of label running_lora_adapters (a quote inside must"
                    + " be written \\\")"),
            new Defect(10, "the value is 'N/A', not a number"));
    assertThat(reading.gauge(Gauge.REQUESTS_RUNNING)).isEqualTo(9);
    assertThat(reading.gauge(Gauge.REQUESTS_WAITING)).isEqualTo(4);
    assertThat(reading.gauge(Gauge.KV_CACHE_UTILIZATION)).isEqualTo(0.5);
  }

  @Test
  void aBadLineOfANeededFamilyMakesOnlyItsSignalsAbsent() {
    Reading reading =
        Pages.readText(
            """
            # TYPE vllm:num_requests_running gauge
            vllm:num_requests_running{engine="0"} 9
            # TYPE vllm:num_requests_waiting gauge
            vllm:num_requests_waiting{engine="0"} 4
            vllm:num_requests_waiting{engine="1"} many
            """);

    assertThat(reading.gauge(Gauge.REQUESTS_RUNNING)).isEqualTo(9);
    assertThat(reading.gauge(Gauge.REQUESTS_WAITING)).isNaN();
    assertThat(reading.provenance(Signal.REQUESTS_WAITING).absence())
        .isEqualTo(
            "line 5 of the page spoils vllm:num_requests_waiting: the value is 'many', not a"
                + " number");
    assertThat(reading.provenance(Signal.REQUESTS_IN_FLIGHT).absence()).contains("line 5");
  }

  @Test
  void anEngineThatHangsShowsItsQueueAndNoThroughput() {
    Reading first = Pages.read("cases/sglang-hung.prom");
    Reading later = Pages.read("cases/sglang-hung-t15.prom");

    assertThat(later.gauge(Gauge.REQUESTS_WAITING)).isEqualTo(52);
    assertThat(later.gauge(Gauge.REQUESTS_RUNNING)).isZero();
    assertThat(later.gauge(Gauge.TOKENS_RUNNING)).isZero();
    assertThat(later.counter(Counter.GENERATION_TOKENS))
        .isEqualTo(first.counter(Counter.GENERATION_TOKENS))
        .isEqualTo(733_210);
  }

  @Test
  void bucketBoundsMayChangeWithARestart() {
    Reading before = Pages.read("cases/vllm-bounds-before.prom");
    Reading after = Pages.read("cases/vllm-bounds-after-t15.prom");

    assertThat(Pages.histogram(before, Distribution.TIME_TO_FIRST_TOKEN).bounds())
        .containsExactly(0.1, 0.5, 1, 5);
    assertThat(Pages.histogram(after, Distribution.TIME_TO_FIRST_TOKEN).bounds())
        .containsExactly(0.25, 2, 8);
    assertThat(before.restartMark()).isNotEqualTo(after.restartMark());
  }

  /// Triton as data alone: one model of several, sums over families, block counts, microseconds,
  /// means without buckets.
  private static final String TRITON =
      """
      name: triton
      detect: {prefixes: [nv_]}
      labels: {model: [], instance: [], repeated: []}
      keep: {model: [tensorrt_llm]}
      gauges:
        requests_waiting:
          - sum:
              - {series: nv_trt_llm_request_metrics, where: {request_type: [waiting]}}
              - {series: nv_inference_pending_request_count, optional: true}
          - nv_inference_pending_request_count
        requests_running: [{series: nv_trt_llm_request_metrics, where: {request_type: [scheduled]}}]
        kv_cache_utilization:
          - ratio:
              - {series: nv_trt_llm_kv_cache_block_metrics, where: {kv_cache_block_type: [used]}}
              - {series: nv_trt_llm_kv_cache_block_metrics, where: {kv_cache_block_type: [max]}}
        tokens_running:
          - product:
              - {series: nv_trt_llm_kv_cache_block_metrics, where: {kv_cache_block_type: [used]}}
              - series: nv_trt_llm_kv_cache_block_metrics
                where: {kv_cache_block_type: [tokens_per]}
      counters:
        generation_tokens: [nv_llm_output_token_len_sum]
        requests_finished: [nv_inference_request_success]
      histograms:
        queue_wait:
          - {sum: nv_inference_queue_duration_us, count: nv_inference_request_success, scale: 1e-6}
      """;

  @Test
  void aTotalBelowZeroCostsItsOwnSeriesOnly() {
    String page = new String(Pages.bytes("cases/triton-counter-below-zero.prom"), Pages.UTF_8);
    String late = new String(Pages.bytes("cases/triton-counter-below-zero-t15.prom"), Pages.UTF_8);
    Reading first = Pages.readText(TRITON, page);
    Reading later = Pages.readText(TRITON, late);

    assertThat(first.gauge(Gauge.REQUESTS_WAITING)).isEqualTo(6);
    assertThat(first.gauge(Gauge.REQUESTS_RUNNING)).isEqualTo(17);
    assertThat(first.gauge(Gauge.KV_CACHE_UTILIZATION)).isEqualTo(0.4);
    assertThat(first.gauge(Gauge.TOKENS_RUNNING)).isEqualTo(64_000);
    assertThat(later.counter(Counter.REQUESTS_FINISHED) - first.counter(Counter.REQUESTS_FINISHED))
        .isEqualTo(4 * 15);
    assertThat(later.counter(Counter.GENERATION_TOKENS) - first.counter(Counter.GENERATION_TOKENS))
        .isEqualTo(800 * 15);
    Histogram before = Pages.histogram(first, Distribution.QUEUE_WAIT);
    Histogram after = Pages.histogram(later, Distribution.QUEUE_WAIT);
    assertThat((after.sum() - before.sum()) / (after.count() - before.count()))
        .isCloseTo(0.025, within(1e-9));
    assertThat(Pages.samples(page.getBytes(Pages.UTF_8)).defects()).hasSize(4);
  }

  @Test
  void aTotalBelowZeroOfTheWantedSeriesIsAbsentAndNotZero() {
    String page =
        """
        # TYPE nv_inference_request_success counter
        nv_inference_request_success{model="ensemble"} 35
        nv_inference_request_success{model="tensorrt_llm"} 18446744073709551231
        """;
    Reading reading = Pages.readText(TRITON, page);

    assertThat(reading.counter(Counter.REQUESTS_FINISHED)).isNaN();
    assertThat(reading.provenance(Signal.REQUESTS_PER_SECOND).absence())
        .startsWith("nv_inference_request_success has no usable number");
  }
}
