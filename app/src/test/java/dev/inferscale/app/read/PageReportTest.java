package dev.inferscale.app.read;

import static dev.inferscale.app.read.GoldenPages.missing;
import static dev.inferscale.app.read.GoldenPages.report;
import static dev.inferscale.app.read.GoldenPages.value;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.inferscale.signals.exposition.Defect;
import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.snapshot.Absence;
import dev.inferscale.signals.snapshot.Answer;
import dev.inferscale.signals.snapshot.Quality;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

final class PageReportTest {
  /// The keys of a page in `expected.json` by our names.
  private static final Map<String, Signal> LEVELS =
      Map.ofEntries(
          Map.entry("requests_running", Signal.REQUESTS_RUNNING),
          Map.entry("requests_waiting", Signal.REQUESTS_WAITING),
          Map.entry("kv_cache_utilization", Signal.KV_CACHE_UTILIZATION),
          Map.entry("kv_cache_utilization_mean", Signal.KV_CACHE_UTILIZATION),
          Map.entry("kv_cache_capacity_tokens", Signal.KV_CACHE_CAPACITY_TOKENS),
          Map.entry("kv_cache_used_tokens", Signal.TOKENS_RUNNING),
          Map.entry("tokens_in_flight_running", Signal.TOKENS_RUNNING),
          Map.entry("tokens_in_flight_waiting", Signal.TOKENS_WAITING),
          Map.entry("gpu_utilization", Signal.GPU_UTILIZATION));

  /// The keys of a pair.
  private static final Map<String, Signal> RATES =
      Map.of(
          "prompt_tokens_per_second", Signal.PROMPT_TOKENS_PER_SECOND,
          "generation_tokens_per_second", Signal.GENERATION_TOKENS_PER_SECOND,
          "requests_finished_per_second", Signal.REQUESTS_PER_SECOND,
          "rejected_per_second", Signal.REJECTIONS_PER_SECOND);

  private static final Map<String, Signal> DISTRIBUTIONS =
      Map.of(
          "ttft_seconds", Signal.TIME_TO_FIRST_TOKEN,
          "itl_seconds", Signal.INTER_TOKEN_LATENCY,
          "tpot_seconds", Signal.TIME_PER_OUTPUT_TOKEN,
          "e2e_seconds", Signal.LATENCY,
          "queue_wait_seconds", Signal.QUEUE_WAIT);

  private static final Map<String, Double> QUANTILES =
      Map.of("p50", 0.5, "p90", 0.9, "p95", 0.95, "p99", 0.99);

  static List<String> pages() {
    List<String> pages = new ArrayList<>();
    GoldenPages.expected().path("files").fieldNames().forEachRemaining(pages::add);
    return pages;
  }

  @ParameterizedTest
  @MethodSource("pages")
  void aPageGivesTheLevelsAndTotalsThatWereDrawn(String page) {
    JsonNode drawn = GoldenPages.expected().path("files").path(page);
    PageReport report = report(page);

    assertThat(report.profile()).isEqualTo(drawn.path("profile").asText());
    LEVELS.forEach((key, signal) -> {
      if (drawn.path(key).isNull()) {
        assertThat(missing(report, signal).why()).as(key).isEqualTo(Absence.ABSENT);
      } else if (drawn.has(key)) {
        near(value(report, signal).number(), drawn.path(key));
      }
    });
    report
        .counters()
        .forEach((name, total) -> {
          if (drawn.has(name)) {
            near(total, drawn.path(name));
          }
        });
    assertThat(report.defectCount()).isZero();
  }

  @ParameterizedTest
  @CsvSource({"vllm-loaded", "vllm-overloaded", "sglang-loaded", "inference-worker-loaded"})
  void twoPagesGiveTheRatesAndQuantilesThatWereDrawn(String name) {
    JsonNode pair = GoldenPages.expected().path("pairs").path(name);
    PageReport report =
        report(pair.path("t0").asText(), pair.path("t1").asText(), pair.path("seconds").asDouble());

    RATES.forEach((key, signal) -> {
      if (pair.has(key)) {
        near(value(report, signal).number(), pair.path(key));
      }
    });
    DISTRIBUTIONS.forEach((key, signal) ->
        QUANTILES.forEach((quantile, q) -> {
          if (pair.path(key).has(quantile)) {
            near(quantile(report, signal, q), pair.path(key).path(quantile));
          }
        }));
    near(value(report, Signal.TIME_TO_FIRST_TOKEN).number(), pair.path("ttft_seconds").path("p90"));
  }

  @Test
  void aRestartBetweenThePagesCountsFromZero() {
    JsonNode pair = GoldenPages.expected().path("pairs").path("vllm-restart");
    PageReport report = report(pair.path("t0").asText(), pair.path("t1").asText(), 45);

    assertThat(value(report, Signal.GENERATION_TOKENS_PER_SECOND).number())
        .isCloseTo(pair.path("generation_tokens_increase").asDouble() / 45, within(10.0));
    assertThat(value(report, Signal.PROMPT_TOKENS_PER_SECOND).number())
        .isCloseTo(pair.path("prompt_tokens_increase").asDouble() / 45, within(100.0));
  }

  @ParameterizedTest
  @MethodSource("pages")
  void everySignalHasAFiniteValueOrAReason(String page) {
    PageReport report = report(page);

    for (Signal signal : Signal.values()) {
      switch (Objects.requireNonNull(report.signals().get(signal))) {
        case Answer.Value value -> assertThat(value.number()).as(signal.wireName()).isFinite();
        case Answer.Missing missing ->
            assertThat(missing.explanation()).isNotBlank().hasSizeLessThan(200);
      }
    }
  }

  @Test
  void aRatioThatEachProcessRepeatsIsItsLargest() {
    PageReport report = report("cases/vllm-gauge-per-process.prom");

    assertThat(value(report, Signal.REQUESTS_IN_FLIGHT).number()).isEqualTo(15);
    assertThat(value(report, Signal.KV_CACHE_UTILIZATION).number()).isEqualTo(0.653);
    assertThat(value(report, Signal.KV_CACHE_PODS_FULL).number()).isEqualTo(0.653);
    assertThat(value(report, Signal.TOKENS_RUNNING).number()).isCloseTo(65_300, within(0.1));
    assertThat(value(report, Signal.TOKENS_RUNNING).quality()).isEqualTo(Quality.DERIVED);
  }

  @Test
  void anOldNameIsNeverAddedToItsNewOne() {
    PageReport report =
        report("cases/vllm-old-and-new-names.prom", "cases/vllm-old-and-new-names-t10.prom", 10);
    PageReport first = report("cases/vllm-old-and-new-names.prom");

    assertThat(value(first, Signal.KV_CACHE_UTILIZATION).number()).isEqualTo(0.41);
    assertThat(value(first, Signal.KV_CACHE_UTILIZATION).from())
        .containsExactly("vllm:kv_cache_usage_perc");
    assertThat(value(first, Signal.KV_CACHE_PODS_FULL).number()).isEqualTo(0.41);
    assertThat(value(first, Signal.REQUESTS_WAITING).number()).isEqualTo(7);
    assertThat(quantile(report, Signal.INTER_TOKEN_LATENCY, 0.9)).isCloseTo(0.085, within(1e-9));
  }

  @Test
  void twoBadLinesAreNamedAndCostNothingElse() {
    PageReport report = report("cases/vllm-two-bad-lines.prom");

    assertThat(value(report, Signal.REQUESTS_RUNNING).number()).isEqualTo(9);
    assertThat(value(report, Signal.REQUESTS_WAITING).number()).isEqualTo(4);
    assertThat(value(report, Signal.KV_CACHE_UTILIZATION).number()).isEqualTo(0.5);
    assertThat(report.defects()).extracting(Defect::line).containsExactly(5, 10);
    assertThat(report.defectCount()).isEqualTo(2);
  }

  @Test
  void anEngineThatHangsServesNothingAndItsQueueWaitIsALowerBound() {
    PageReport report = report("cases/sglang-hung.prom", "cases/sglang-hung-t15.prom", 15);

    assertThat(value(report, Signal.REQUESTS_WAITING).number()).isEqualTo(52);
    assertThat(value(report, Signal.REQUESTS_RUNNING).number()).isZero();
    assertThat(value(report, Signal.GENERATION_TOKENS_PER_SECOND).number()).isZero();
    assertThat(value(report, Signal.TOKENS_RUNNING).number()).isZero();
    Answer.Value wait = value(report, Signal.QUEUE_WAIT);
    assertThat(wait.number()).isEqualTo(15);
    assertThat(wait.note()).startsWith("lower bound: nothing is being served");
  }

  @Test
  void bucketsWithNewBoundsCountFromTheRestart() {
    PageReport report =
        report("cases/vllm-bounds-before.prom", "cases/vllm-bounds-after-t15.prom", 15);

    assertThat(value(report, Signal.REQUESTS_RUNNING).number()).isEqualTo(6);
    assertThat(quantile(report, Signal.TIME_TO_FIRST_TOKEN, 0.9)).isEqualTo(1.5625);
  }

  @Test
  void aPageInFrontOfAPoolIsKnownWithoutItsName() {
    byte[] page =
        """
        # TYPE llm_d_epp_flow_control_queue_size gauge
        llm_d_epp_flow_control_queue_size{inference_pool="chat"} 7
        """
            .getBytes(UTF_8);

    assertThat(GoldenPages.read(page, null, 15))
        .isInstanceOfSatisfying(
            PageReport.Result.Report.class,
            read -> {
              assertThat(read.report().profile()).isEqualTo("llm-d-epp");
              assertThat(value(read.report(), Signal.REQUESTS_WAITING).number()).isEqualTo(7);
            });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "hostile-html.txt                 | the page is HTML or XML, not metrics text; is the path right?",
        "llamacpp-page-as-json-string.txt | the page is one JSON string, not metrics text: its line ends are escaped",
        "ollama-like-json-object.txt      | the page is a JSON object, not metrics text; is the path right?",
        "cases/triton-counter-below-zero.prom | no profile recognises the page; profiles: inference-worker, sglang, vllm",
      })
  void aPageThatIsNoEnginesIsRefusedInOneSentence(String page, String sentence) {
    assertThat(GoldenPages.read(GoldenPages.bytes(page), null, 15))
        .isEqualTo(new PageReport.Result.Refusal(false, sentence));
  }

  @Test
  void anEmptyPageIsNoZeroLoad() {
    assertThat(GoldenPages.read(new byte[0], null, 15))
        .isEqualTo(new PageReport.Result.Refusal(false, "the page held no series"));
  }

  @Test
  void aRefusalSaysWhichOfTwoPagesItIs() {
    byte[] good = GoldenPages.bytes("vllm-loaded.prom");
    byte[] bad = GoldenPages.bytes("hostile-html.txt");

    assertThat(GoldenPages.read(good, bad, 15))
        .isInstanceOfSatisfying(
            PageReport.Result.Refusal.class, refusal -> assertThat(refusal.later()).isTrue());
    assertThat(GoldenPages.read(bad, good, 15))
        .isInstanceOfSatisfying(
            PageReport.Result.Refusal.class, refusal -> assertThat(refusal.later()).isFalse());
  }

  @Test
  void aPageCutInTheMiddleOfALineKeepsWhatIsWhole() {
    String whole = new String(GoldenPages.bytes("cases/vllm-gauge-per-process.prom"), UTF_8);
    String cut = whole.substring(0, whole.lastIndexOf('}'));
    PageReport report = report(cut.getBytes(UTF_8), null, 15);

    assertThat(value(report, Signal.REQUESTS_RUNNING).number()).isEqualTo(12);
    assertThat(report.defectCount()).isEqualTo(1);
    assertThat(report.defects()).extracting(Defect::line).containsExactly(lines(cut));
  }

  private static int lines(String text) {
    return (int) text.lines().count();
  }

  private static double quantile(PageReport report, Signal signal, double q) {
    Double value = Objects.requireNonNull(report.quantiles().get(signal)).get(q);
    return Objects.requireNonNull(value);
  }

  private static void near(double value, JsonNode drawn) {
    assertThat(value).isCloseTo(drawn.asDouble(), within(Math.abs(drawn.asDouble()) * 0.01));
  }
}
