package dev.inferscale.adapter.metricsapi;

import static dev.inferscale.adapter.metricsapi.Reads.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.inferscale.adapter.FoldedPool;
import dev.inferscale.adapter.wire.Negotiation.Form;
import dev.inferscale.adapter.wire.Page;
import dev.inferscale.signals.profile.Reading.Distribution;
import dev.inferscale.signals.profile.Reading.Gauge;
import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.snapshot.Absence;
import dev.inferscale.signals.snapshot.Answer;
import dev.inferscale.signals.window.FetchFault;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ExternalMetricsTest {
  private static final String WAITING = "inference_requests_waiting";
  private static final String TTFT = "inference_ttft_seconds";

  private final FoldedPool chat =
      FoldedPool.named("serving", "chat-9b", "acme/chat-9b")
          .with(Gauge.REQUESTS_WAITING, 1.5)
          .ninetieth(Distribution.TIME_TO_FIRST_TOKEN, 0.8);
  private final FoldedPool code =
      FoldedPool.named("serving", "code-9b", "acme/code:9b")
          .with(Gauge.REQUESTS_WAITING, 42)
          .ninetieth(Distribution.TIME_TO_FIRST_TOKEN, 2);
  private final FoldedPool elsewhere =
      FoldedPool.named("other", "chat-9b", "acme/chat-9b").with(Gauge.REQUESTS_WAITING, 7);
  private final Reads reads = Reads.of(chat, code, elsewhere);

  @Test
  void oneItemPerMatchingPoolInTheBytesThatClientsExpect() {
    assertThat(text(reads.metric("serving", WAITING, "")))
        .isEqualTo(
            """
            {"kind":"ExternalMetricValueList",\
            "apiVersion":"external.metrics.k8s.io/v1beta1","metadata":{},"items":[\
            {"metricName":"inference_requests_waiting",\
            "metricLabels":{"model":"acme_chat-9b","model_name":"acme/chat-9b","pool":"chat-9b"},\
            "timestamp":"2027-01-02T03:04:04Z","value":"1500m"},\
            {"metricName":"inference_requests_waiting",\
            "metricLabels":{"model":"acme_code_9b","model_name":"acme/code:9b","pool":"code-9b"},\
            "timestamp":"2027-01-02T03:04:04Z","value":"42"}]}
            """);
  }

  @Test
  void aValueOverAWindowTellsTheWindow() {
    assertThat(text(reads.metric("serving", TTFT, "pool=chat-9b")))
        .contains("\"window\":60,\"value\":\"800m\"");
  }

  @Test
  void aNameInUpperCaseIsFound() {
    assertThat(reads.metric("serving", WAITING.toUpperCase(Locale.ROOT), "").status())
        .isEqualTo(200);
  }

  @Test
  void theModelsOriginalNameSelectsWhereASelectorCanSpellIt() {
    FoldedPool pool = FoldedPool.named("a", "p", "llama-3").with(Gauge.REQUESTS_WAITING, 1);

    assertThat(Reads.of(pool).metric("a", WAITING, "model_name=llama-3").status()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(strings = {"pool=nope", "pool=", "model in (x,y)", "!pool", "pool=a,pool=b"})
  void whatMatchesNothingIsNotFoundAndSaysWhatThereIs(String selector) {
    Page page = reads.metric("serving", WAITING, selector);

    assertThat(page.status()).isEqualTo(404);
    assertThat(text(page))
        .contains("\"reason\":\"NotFound\"", "unknown_pool", "there are: chat-9b, code-9b");
  }

  @Test
  void aNamespaceWithoutPoolsSaysSoAndNamesNoPoolOfAnother() {
    Page page = reads.metric("empty", WAITING, "");

    assertThat(page.status()).isEqualTo(404);
    assertThat(text(page)).contains("namespace 'empty' has no pools").doesNotContain("chat-9b");
  }

  @ParameterizedTest
  @CsvSource({
    "model=acme/chat-9b, acme_chat-9b",
    "model_name=acme/chat-9b, acme_chat-9b",
    "model=new/model:x, new_model_x"
  })
  void aSlashInAValueIsABadRequestThatGivesTheAlias(String selector, String alias) {
    Page page = reads.metric("serving", WAITING, selector);

    assertThat(page.status()).isEqualTo(400);
    assertThat(text(page)).contains("\"reason\":\"BadRequest\"", "write model=" + alias);
  }

  @Test
  void aSlashInAnotherLabelsValueGetsNoAlias() {
    Page page = reads.metric("serving", WAITING, "pool=serving/chat-9b");

    assertThat(page.status()).isEqualTo(400);
    assertThat(text(page)).contains("invalid value 'serving/chat-9b' of label 'pool'");
  }

  @Test
  void aSignalThatMustNotBeAddedUpAnswersForOnePool() {
    Page page = reads.metric("serving", TTFT, "");

    assertThat(page.status()).isEqualTo(400);
    assertThat(text(page)).contains("2 pools match", "pool=NAME: chat-9b, code-9b");
    assertThat(reads.metric("serving", TTFT, "pool=code-9b").status()).isEqualTo(200);
  }

  @Test
  void dollarsPerTokenAreNotAddedUpThoughDollarsPerHourAre() {
    Reads priced =
        Reads.of(FoldedPool.busy("serving", "a", "a"), FoldedPool.busy("serving", "b", "b"));

    assertThat(priced.metric("serving", "inference_cost_usd_per_hour", "").status()).isEqualTo(200);
    assertThat(priced.metric("serving", "inference_cost_usd_per_million_tokens", "").status())
        .isEqualTo(400);
  }

  @Test
  void aQuantileIsAskedForInTheSelector() {
    assertThat(text(reads.metric("serving", TTFT, "pool=chat-9b,quantile=0.5")))
        .contains("\"value\":\"444m\"");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "quantile in (0.9)", "quantile!=0.9", "quantile", "quantile=0.9,quantile=0.5", "quantile=1",
        "quantile=0.0", "quantile=95", "quantile=p95", "quantile=NaN", "quantile="
      })
  void aQuantileThatCannotBeIsABadRequest(String quantile) {
    Page page = reads.metric("serving", TTFT, "pool=chat-9b," + quantile);

    assertThat(page.status()).isEqualTo(400);
    assertThat(text(page)).contains("0.95");
  }

  @Test
  void aSignalWithoutQuantilesRefusesOne() {
    assertThat(text(reads.metric("serving", WAITING, "quantile=0.9")))
        .contains("has no quantiles", "\"code\":400");
  }

  @Test
  void aMissingAnswerIsAStatusWithReasonPoolAgeAndRemedy() {
    Page page = Reads.of(chat.silentFor(Duration.ofSeconds(40))).metric("serving", WAITING, "");

    assertThat(page.status()).isEqualTo(503);
    assertThat(text(page))
        .contains(
            "unreachable: pool serving/chat-9b, last reading 41 s ago: ",
            "no reading for longer than 10 s",
            "\"reason\":\"ServiceUnavailable\"");
  }

  static List<Arguments> missing() {
    Duration longer = Duration.ofSeconds(40);
    return List.of(
        arguments(WAITING, chat9b().targets(0, 0), "no_targets", "check its source"),
        arguments(WAITING, chat9b().targets(2, 0).fault(null), "not_yet", "the first reading"),
        arguments(TTFT, chat9b(), "not_yet", "need a second reading"),
        arguments(
            WAITING, chat9b().silentFor(longer).fault(null), "stale", "older than staleAfter"),
        arguments(WAITING, chat9b().targets(2, 0), "unreachable", "18001: connection refused"),
        arguments(
            WAITING,
            chat9b().targets(2, 0).fault(FetchFault.REFUSED),
            "refused",
            "no metrics text"),
        arguments(
            WAITING, chat9b().targets(3, 1), "partial", "1 of 3 targets count; 127.0.0.1:18002:"),
        arguments(
            "inference_gpu_utilization",
            chat9b().absent(Signal.GPU_UTILIZATION, "run the exporter"),
            "absent",
            "run the exporter"),
        arguments("inference_cost_usd_per_hour", chat9b(), "config", "capacity.usdPerReplicaHour"));
  }

  private static FoldedPool chat9b() {
    return FoldedPool.named("serving", "chat-9b", "acme/chat-9b");
  }

  @ParameterizedTest
  @MethodSource("missing")
  void whatAPoolCannotAnswerIsNeverANumber(
      String metric, FoldedPool pool, String reason, String remedy) {
    Page page = Reads.of(pool).metric("serving", metric, "pool=chat-9b");

    assertThat(page.status()).isEqualTo(503);
    assertThat(text(page))
        .contains("\"message\":\"" + reason + ": pool serving/chat-9b", remedy)
        .doesNotContain("items");
  }

  /// Two targets' worth of the largest number is none.
  @ParameterizedTest
  @ValueSource(
      doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, Double.MAX_VALUE})
  void whatIsNoNumberIsNeverServed(double number) {
    Reads odd = Reads.of(chat.with(Gauge.KV_CACHE_UTILIZATION, number));

    assertThat(odd.metric("serving", "inference_kv_cache_pods_full", "").status()).isEqualTo(503);
  }

  @ParameterizedTest
  @EnumSource(Absence.class)
  void whatNobodyKnowsIsNotFoundAndEverythingElseMayComeBack(Absence why) {
    Answer.Missing missing = new Answer.Missing(why, "look at it", Duration.ofSeconds(41));

    Page page = Missed.of("pool serving/chat-9b", missing).page(Form.JSON, false);

    boolean unknown = why == Absence.UNKNOWN_POOL || why == Absence.UNKNOWN_SIGNAL;
    assertThat(page.status()).isEqualTo(unknown ? 404 : 503);
    assertThat(text(page))
        .contains(why.word() + ": pool serving/chat-9b, last reading 41 s ago: look at it\",");
  }

  @Test
  void onePoolWithoutAValueFailsTheWholeRead() {
    Page page =
        Reads.of(chat, code.silentFor(Duration.ofSeconds(20))).metric("serving", WAITING, "");

    assertThat(page.status()).isEqualTo(503);
    assertThat(text(page)).contains("serving/code-9b").doesNotContain("items");
  }

  @Test
  void anUnknownMetricNamesTheNearest() {
    Page page = reads.metric("serving", "inference_request_waiting", "");

    assertThat(page.status()).isEqualTo(404);
    assertThat(text(page)).contains("unknown_signal", "did you mean inference_requests_waiting");
    assertThat(text(reads.metric("serving", "queue_depth", "")))
        .contains("listed at /apis/external.metrics.k8s.io/v1beta1");
  }

  @ParameterizedTest
  @CsvSource({
    "labelSelektor=x, did you mean 'labelSelector'?",
    "metricLabelSelector=x, did you mean 'labelSelector'?",
    "labelselector=x, did you mean 'labelSelector'?",
    "foo=x, unknown query parameter 'foo'; remove it",
    "quantile=0.9, belongs in the selector",
    "fieldSelector=a%3Db, use labelSelector",
    "labelSelector=a&labelSelector=b, given more than once",
  })
  void aQueryParameterThatWouldBeIgnoredIsRefused(String query, String sentence) {
    Page page = get(query);

    assertThat(page.status()).isEqualTo(400);
    assertThat(text(page)).contains(sentence);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "limit=500",
        "timeout=32s",
        "resourceVersion=0",
        "watch=false",
        "watch=0",
        "fieldSelector=",
        "pretty=true&continue=&allowWatchBookmarks=true"
      })
  void whatKubernetesClientsSendIsTaken(String query) {
    assertThat(get(query).status()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(strings = {"watch=true", "watch=1", "watch"})
  void watchingIsNotSupported(String query) {
    assertThat(text(get(query))).contains("watch is not supported", "\"code\":405");
  }

  @Test
  void aMessageIsOneShortLineWhateverIsInIt() {
    Answer.Missing missing = new Answer.Missing(Absence.REFUSED, "x\n\"y\"\t".repeat(100), null);

    String message =
        text(Missed.of("pool serving/chat-9b", missing).page(Form.JSON, false))
            .replaceAll(".*\"message\":\"(.*)\",\"reason\".*\n", "$1")
            .replace("\\\"", "\"");

    assertThat(message).hasSizeLessThan(200).doesNotContain("\\n", "\\t").endsWith("…");
  }

  private Page get(String query) {
    return reads.get(
        "/apis/external.metrics.k8s.io/v1beta1/namespaces/serving/" + WAITING + "?" + query);
  }
}
