package dev.inferscale.signals.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.inferscale.signals.exposition.Samples;
import dev.inferscale.signals.profile.Reading.Counter;
import dev.inferscale.signals.profile.Reading.Distribution;
import dev.inferscale.signals.profile.Reading.Gauge;
import dev.inferscale.signals.profile.Reading.Histogram;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class GoldenPagesTest {
  /// The keys of `expected.json` in our names.
  private static final Map<String, ToDoubleFunction<Reading>> KEYS =
      Map.ofEntries(
          Map.entry("requests_running", r -> r.gauge(Gauge.REQUESTS_RUNNING)),
          Map.entry("requests_waiting", r -> r.gauge(Gauge.REQUESTS_WAITING)),
          Map.entry("kv_cache_utilization", r -> r.gauge(Gauge.KV_CACHE_UTILIZATION)),
          Map.entry("kv_cache_utilization_mean", r -> r.gauge(Gauge.KV_CACHE_UTILIZATION)),
          Map.entry("kv_cache_capacity_tokens", r -> r.gauge(Gauge.KV_CACHE_CAPACITY_TOKENS)),
          Map.entry("kv_cache_used_tokens", r -> r.gauge(Gauge.TOKENS_RUNNING)),
          Map.entry("tokens_in_flight_running", r -> r.gauge(Gauge.TOKENS_RUNNING)),
          Map.entry("tokens_in_flight_waiting", r -> r.gauge(Gauge.TOKENS_WAITING)),
          Map.entry(
              "gpu_utilization", r -> r.gauge(Gauge.GPU_UTILIZATION_SUM) / r.gauge(Gauge.GPUS)),
          Map.entry(
              "mean_prompt_tokens_lifetime",
              r -> r.gauge(Gauge.LIFETIME_PROMPT_TOKENS_PER_REQUEST)),
          Map.entry("prompt_tokens_total", r -> r.counter(Counter.PROMPT_TOKENS)),
          Map.entry("generation_tokens_total", r -> r.counter(Counter.GENERATION_TOKENS)),
          Map.entry("realtime_decode_tokens_total", r -> r.counter(Counter.GENERATION_TOKENS)),
          Map.entry("requests_finished_total", r -> r.counter(Counter.REQUESTS_FINISHED)));

  private static final Map<String, Counter> RATES =
      Map.of(
          "prompt_tokens_per_second", Counter.PROMPT_TOKENS,
          "generation_tokens_per_second", Counter.GENERATION_TOKENS,
          "requests_finished_per_second", Counter.REQUESTS_FINISHED,
          "rejected_per_second", Counter.REQUESTS_REJECTED);

  private static final Map<String, Distribution> QUANTILES =
      Map.of(
          "ttft_seconds", Distribution.TIME_TO_FIRST_TOKEN,
          "itl_seconds", Distribution.INTER_TOKEN_LATENCY,
          "tpot_seconds", Distribution.TIME_PER_OUTPUT_TOKEN,
          "e2e_seconds", Distribution.LATENCY,
          "queue_wait_seconds", Distribution.QUEUE_WAIT);

  static List<String> files() throws IOException {
    List<String> files = new ArrayList<>();
    expected().path("files").fieldNames().forEachRemaining(files::add);
    return files;
  }

  private static JsonNode expected() throws IOException {
    return new ObjectMapper().readTree(Pages.bytes("expected.json"));
  }

  @ParameterizedTest
  @MethodSource("files")
  void everyValueOfAPageIsWhatWasDrawn(String file) throws IOException {
    Reading reading = Pages.read(file);
    JsonNode expected = expected().path("files").path(file);

    assertThat(reading.profile()).isEqualTo(expected.path("profile").asText());
    if (expected.has("model")) {
      assertThat(reading.model()).isEqualTo(expected.path("model").asText());
    }
    KEYS.forEach((key, value) -> {
      if (expected.has(key)) {
        assertThat(value.applyAsDouble(reading))
            .as(key)
            .satisfies(v -> near(v, expected.path(key)));
      }
    });
  }

  private static void near(double value, JsonNode expected) {
    if (expected.isNull()) {
      assertThat(value).isNaN();
    } else {
      double drawn = expected.asDouble();
      assertThat(value).isCloseTo(drawn, within(Math.abs(drawn) * 0.01));
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  void noSampleHasADefect(String file) {
    Samples samples = Pages.samples(Pages.bytes(file));

    assertThat(samples.defects()).isEmpty();
    assertThat(samples.seriesCount()).isPositive();
  }

  @ParameterizedTest
  @MethodSource("files")
  void everySignalOfAnEngineHasASourceOrAReason(String file) {
    Reading reading = Pages.read(file);

    for (Signal signal : Signal.values()) {
      Reading.Provenance provenance = reading.provenance(signal);
      boolean absent = provenance.grade() == Reading.Grade.ABSENT;
      boolean fromPool =
          signal.wireName().contains("cost_") || signal.wireName().contains("replicas");
      assertThat(provenance.from().isEmpty()).as(signal.wireName()).isEqualTo(absent);
      assertThat(provenance.absence().isEmpty())
          .as(signal.wireName())
          .isEqualTo(!absent || fromPool);
      assertThat(provenance.absence()).hasSizeLessThanOrEqualTo(150);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"vllm-loaded", "vllm-overloaded", "sglang-loaded", "inference-worker-loaded"})
  void twoPagesGiveTheRatesAndQuantilesThatWereDrawn(String name) throws IOException {
    JsonNode pair = expected().path("pairs").path(name);
    Reading first = Pages.read(pair.path("t0").asText());
    Reading later = Pages.read(pair.path("t1").asText());

    RATES.forEach((key, counter) -> {
      double increase = later.counter(counter) - first.counter(counter);
      nearIfDrawn(pair.path(key), increase / pair.path("seconds").asDouble());
    });
    QUANTILES.forEach((key, distribution) -> {
      Histogram before = Pages.histogram(first, distribution);
      Histogram after = Pages.histogram(later, distribution);
      nearIfDrawn(pair.path(key).path("count"), after.count() - before.count());
      if (pair.has(key)) {
        near(p90(before, after), pair.path(key).path("p90"));
      }
    });
  }

  private static void nearIfDrawn(JsonNode drawn, double value) {
    if (!drawn.isMissingNode()) {
      near(value, drawn);
    }
  }

  private static double p90(Histogram before, Histogram after) {
    double[] bounds = after.bounds();
    double rank = 0.9 * (after.count() - before.count());
    for (int i = 0; i < bounds.length; i++) {
      double upTo = after.cumulative()[i] - before.cumulative()[i];
      if (upTo >= rank) {
        double below = i == 0 ? 0 : after.cumulative()[i - 1] - before.cumulative()[i - 1];
        double low = i == 0 ? 0 : bounds[i - 1];
        return low + (bounds[i] - low) * (rank - below) / (upTo - below);
      }
    }
    return bounds[bounds.length - 1];
  }

  @Test
  void aRestartChangesTheRestartMark() {
    assertThat(Pages.read("vllm-restarted.prom").restartMark())
        .isNotEqualTo(Pages.read("vllm-overloaded.prom").restartMark());
    assertThat(Pages.read("vllm-loaded.prom").restartMark())
        .isEqualTo(Pages.read("vllm-loaded-t15.prom").restartMark())
        .isNotEmpty();
  }

  @Test
  void aRouterThatRepeatsEngineNamesIsNoEngine() {
    Samples samples = Pages.samples(Pages.bytes("production-stack-router-loaded.prom"));

    assertThat(Pages.PROFILES.choose(samples, Profiles.AUTO)).isEmpty();
  }

  @Test
  void equalReadingsShareTheirBoundsAndSources() {
    Reading one = Pages.read("vllm-loaded.prom");
    Reading other = Pages.read("vllm-loaded-t15.prom");

    assertThat(one.model()).isSameAs(other.model());
    assertThat(Pages.histogram(one, Distribution.LATENCY).bounds())
        .isSameAs(Pages.histogram(other, Distribution.LATENCY).bounds());
    assertThat(Pages.read("vllm-loaded.prom").provenance()).isSameAs(one.provenance());
  }
}
