package dev.inferscale.adapter.json;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.inferscale.adapter.FoldedPool;
import dev.inferscale.adapter.wire.MalformedRequest;
import dev.inferscale.adapter.wire.Page;
import dev.inferscale.adapter.wire.Request;
import dev.inferscale.signals.pool.RejectedPool;
import dev.inferscale.signals.profile.Reading.Distribution;
import dev.inferscale.signals.profile.Reading.Gauge;
import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.snapshot.Snapshot;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PoolsApiTest {
  private static final String CHAT = "/api/v1/pools/serving/chat-9b";

  private final FoldedPool chat =
      FoldedPool.named("serving", "chat-9b", "acme/chat-9b")
          .with(Gauge.REQUESTS_WAITING, 3)
          .ninetieth(Distribution.TIME_TO_FIRST_TOKEN, 0.8)
          .absent(Signal.GPU_UTILIZATION, "run the exporter");
  private final Snapshot snapshot = FoldedPool.snapshot(chat, FoldedPool.named("other", "b", "b"));

  @Test
  void aSignalTellsEverythingThatIsKnownAboutItsValue() {
    assertThat(text(get(CHAT + "/signals/inference_requests_waiting")))
        .isEqualTo(
            """
            {"value":3,"unit":"requests","quality":"exact","ageSeconds":1.5,\
            "targets":{"covered":2,"total":2},"from":["vllm:num_requests_waiting"]}
            """);
  }

  @Test
  void aDistributionShowsItsQuantilesUnlessOneIsAskedFor() {
    String path = CHAT + "/signals/inference_ttft_seconds";

    assertThat(text(get(path)))
        .contains("\"value\":0.8,", "\"windowSeconds\":60,")
        .endsWith(
            "\"quantiles\":{\"0.5\":0.4444444444444445,\"0.9\":0.8,\"0.95\":0.8444444444444444,\"0.99\":0.88}}\n");
    assertThat(text(get(path + "?quantile=0.5")))
        .startsWith("{\"value\":0.4444444444444445,")
        .doesNotContain("quantiles");
  }

  @Test
  void explainShowsWhatEachTargetSaidTheFoldAndTheQuantity() throws IOException {
    JsonNode all = new ObjectMapper().readTree(text(get(CHAT + "/explain")));
    assertThat(all.path("signals").size()).isEqualTo(Signal.values().length);
    JsonNode one =
        new ObjectMapper()
            .readTree(text(get(CHAT + "/explain?signal=inference_requests_waiting")))
            .path("signals");
    assertThat(one.size()).isOne();
    JsonNode waiting = one.path("inference_requests_waiting");
    assertThat(waiting).isEqualTo(all.path("signals").path("inference_requests_waiting"));
    assertThat(waiting.path("fold").asText()).isEqualTo("sum");
    assertThat(waiting.path("quantity").asText()).isEqualTo("3");
    assertThat(waiting.path("hpaTarget").asText()).isEqualTo("AverageValue");
    double sum = 0;
    for (JsonNode sample : waiting.path("samples")) {
      assertThat(sample.path("series").path(0).asText()).isEqualTo("vllm:num_requests_waiting");
      assertThat(sample.path("inputs").path("requests_waiting")).isEqualTo(sample.path("value"));
      assertThat(sample.path("ageSeconds").asDouble()).isPositive();
      sum += sample.path("value").asDouble();
    }
    assertThat(waiting.path("samples")).hasSize(2);
    assertThat(sum).isEqualTo(3);
    assertThat(get(CHAT + "/explain?signal=nonsense").status()).isEqualTo(404);
    assertThat(get(CHAT + "/explain?sginal=x").status()).isEqualTo(400);
    assertThat(get("/api/v1/pools/serving/nope/explain").status()).isEqualTo(404);
  }

  @Test
  void aSignalWithoutAValueTellsTheReason() {
    Page page = get(CHAT + "/signals/inference_gpu_utilization");

    assertThat(page.status()).isEqualTo(200);
    assertThat(text(page))
        .isEqualTo(
            "{\"reason\":\"absent\",\"explanation\":\"run the exporter\",\"ageSeconds\":1.5}\n");
  }

  @Test
  void aPoolShowsEverySignal() throws IOException {
    JsonNode pool = json(get(CHAT));

    assertThat(pool.fieldNames())
        .toIterable()
        .containsExactly(
            "namespace",
            "pool",
            "model",
            "labels",
            "spec",
            "engine",
            "warnings",
            "targets",
            "front",
            "signals");
    assertThat(pool.get("front")).isEmpty();
    assertThat(pool.at("/spec/capacity/minReplicas").asInt()).isEqualTo(1);
    assertThat(pool.at("/spec/traffic").asText()).isEqualTo("steady");
    assertThat(pool.get("model").asText()).isEqualTo("acme/chat-9b");
    assertThat(pool.get("warnings")).isEmpty();
    assertThat(pool.at("/targets/1/detail").asText()).isEqualTo("connection refused");
    assertThat(pool.get("signals")).hasSize(Signal.values().length);
    assertThat(pool.get("signals"))
        .allSatisfy(signal -> assertThat(signal.has("value") ^ signal.has("reason")).isTrue());
  }

  @Test
  void documentsAtFaultAreShown() throws IOException {
    Snapshot faulty =
        snapshot.rejecting(
            List.of(new RejectedPool("pools.yaml", "serving/chat-9b", List.of("a: wrong"), true)));

    assertThat(text(get("/api/v1/pools", faulty)))
        .contains(
            "\"rejected\":[{\"origin\":\"pools.yaml\",\"pool\":\"serving/chat-9b\","
                + "\"lastGoodMeasured\":true,\"problems\":[\"a: wrong\"]}]");
  }

  @Test
  void allPoolsAreListedInOrder() throws IOException {
    JsonNode all = json(get("/api/v1/pools"));

    assertThat(all.get("sequence").asLong()).isEqualTo(1);
    assertThat(all.get("ageSeconds").asDouble()).isEqualTo(1.0);
    assertThat(all.get("pools").findValuesAsText("namespace"))
        .isEqualTo(List.of("other", "serving"));
  }

  @ParameterizedTest
  @CsvSource({
    "/api/v1/pools/serving/chat-8b, unknown_pool, serving/chat-9b",
    "/api/v1/pools/serving/chat-9b/signals/inference_ttft, unknown_signal, inference_ttft_seconds",
  })
  void whatIsNotThereNamesTheNearest(String path, String reason, String nearest)
      throws IOException {
    Page page = get(path);

    assertThat(page.status()).isEqualTo(404);
    assertThat(json(page).at("/error/reason").asText()).isEqualTo(reason);
    assertThat(json(page).at("/error/nearest/0").asText()).isEqualTo(nearest);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/",
        "/api",
        "/api/v1/pools/serving",
        CHAT + "/signals",
        CHAT + "/x/inference_ttft_seconds",
        CHAT + "/signals/a/b"
      })
  void aPathWithNothingBehindItIsNotFound(String path) throws IOException {
    assertThat(json(get(path)).at("/error/code").asInt()).isEqualTo(404);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        CHAT + "?quantile=0.5",
        CHAT + "?prety",
        CHAT + "/signals/inference_ttft_seconds?quantile=1",
        CHAT + "/signals/inference_ttft_seconds?quantile=p95",
        CHAT + "/signals/inference_ttft_seconds?quantile=0.5&quantile=0.9",
        CHAT + "/signals/inference_requests_waiting?quantile=0.5"
      })
  void aQuestionThatCannotBeMeantIsABadRequest(String path) throws IOException {
    assertThat(json(get(path)).at("/error/code").asInt()).isEqualTo(400);
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.MAX_VALUE})
  void whatIsNoNumberIsNeverWritten(double number) throws IOException {
    FoldedPool odd =
        FoldedPool.named("serving", "chat-9b", "x").with(Gauge.KV_CACHE_UTILIZATION, number);
    Page page = get(CHAT, FoldedPool.snapshot(odd));

    assertThat(text(page)).doesNotContain("NaN", "Infinity");
    assertThat(json(page).at("/signals/inference_kv_cache_pods_full").has("reason")).isTrue();
  }

  @Test
  void peopleGetIndentation() {
    assertThat(text(get(CHAT + "?pretty"))).startsWith("{\n  \"namespace\": \"serving\",\n");
  }

  private Page get(String target) {
    return get(target, snapshot);
  }

  private static Page get(String target, Snapshot snapshot) {
    int question = target.indexOf('?');
    String path = question < 0 ? target : target.substring(0, question);
    String query = question < 0 ? "" : target.substring(question + 1);
    try {
      Request request = Request.parse("GET", path, query, "", "", "");
      return PoolsApi.answer(request, snapshot, snapshot.at().plusSeconds(1)).page();
    } catch (MalformedRequest malformed) {
      throw new IllegalArgumentException(malformed);
    }
  }

  private static String text(Page page) {
    return new String(page.body(), UTF_8);
  }

  private static JsonNode json(Page page) throws IOException {
    return new ObjectMapper().readTree(page.body());
  }
}
