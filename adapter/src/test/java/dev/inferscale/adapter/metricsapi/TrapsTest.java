package dev.inferscale.adapter.metricsapi;

import static dev.inferscale.adapter.metricsapi.Reads.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.inferscale.adapter.FoldedPool;
import dev.inferscale.adapter.metricsapi.discovery.Discovery;
import dev.inferscale.adapter.wire.Page;
import dev.inferscale.signals.profile.Reading.Distribution;
import dev.inferscale.signals.profile.Reading.Gauge;
import dev.inferscale.signals.window.FetchFault;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What implementers of these APIs fall over, one test each, under the number that the reference of
/// the metrics APIs gives it. Those about identity and certificates are tested where those are.
class TrapsTest {
  private static final String EXTERNAL = "/apis/external.metrics.k8s.io/v1beta1/namespaces/a/";
  private static final String CUSTOM = "/apis/custom.metrics.k8s.io/";
  private static final String WAITING = "inference_requests_waiting";
  private static final String TTFT = "inference_ttft_seconds";

  private final FoldedPool pool =
      FoldedPool.named("a", "chat", "acme/chat:8b")
          .with(Gauge.REQUESTS_WAITING, 3)
          .ninetieth(Distribution.TIME_TO_FIRST_TOKEN, 0.8)
          .fault(null)
          .onPods(Map.of("app", "chat"))
          .scaling("apps/v1", "Deployment", "chat");
  private final Reads reads = Reads.of(pool);

  private static JsonNode json(Page page) throws IOException {
    return new ObjectMapper().readTree(page.body());
  }

  private Page custom(String version, String rest) {
    return reads.get(CUSTOM + version + "/namespaces/a/" + rest);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/",
        "/apis",
        "/openapi/v2",
        "/openapi/v3",
        "/version",
        "/readyz",
        "/livez?verbose",
        "/nope",
        EXTERNAL + WAITING,
        EXTERNAL + "nope",
        CUSTOM + "v1beta1",
        CUSTOM + "v1beta2/nodes"
      })
  void trap01EveryAnswerHasAContentType(String target) {
    for (String accept :
        new String[] {"", "text/html", "application/vnd.kubernetes.protobuf, */*"}) {
      assertThat(reads.ask("GET", target, accept, "").page().contentType()).isNotEmpty();
    }
  }

  @Test
  void trap02NamesAreFoundWhateverTheirCase() {
    assertThat(reads.get(EXTERNAL + WAITING.toUpperCase(Locale.ROOT)).status()).isEqualTo(200);
    assertThat(custom("v1beta2", "Pods/*/" + WAITING.toUpperCase(Locale.ROOT)).status())
        .isEqualTo(200);
  }

  @Test
  void trap03APlusIsASpaceInQueriesOnly() {
    assertThat(reads.get(EXTERNAL + WAITING + "?labelSelector=pool+in+(chat)").status())
        .isEqualTo(200);
    assertThat(text(reads.get(EXTERNAL + "a+b"))).contains("no metric 'a+b'");
  }

  @Test
  void trap04APercentEncodedStarIsAStar() {
    assertThat(text(custom("v1beta2", "pods/%2A/" + WAITING)))
        .isEqualTo(text(custom("v1beta2", "pods/*/" + WAITING)))
        .contains("\"chat-0\"");
  }

  @Test
  void trap05TheWindowHasTwoNames() {
    assertThat(text(reads.get(EXTERNAL + TTFT))).contains("\"window\":60");
    assertThat(text(custom("v1beta1", "pods/chat-0/" + TTFT))).contains("\"window\":60");
    assertThat(text(custom("v1beta2", "pods/chat-0/" + TTFT))).contains("\"windowSeconds\":60");
  }

  @Test
  void trap06SelectorAndLabelsArePrintedEvenWhenThereAreNone() {
    assertThat(text(custom("v1beta1", "pods/chat-0/" + WAITING))).contains("\"selector\":null");
    assertThat(text(custom("v1beta2", "pods/chat-0/" + WAITING))).contains("\"selector\":null");
    assertThat(text(reads.get(EXTERNAL + WAITING))).contains("\"metricLabels\":{");
  }

  @Test
  void trap07NobodyIsToldToRetry() {
    Reads silent = Reads.of(pool.silentFor(Duration.ofSeconds(40)));

    assertThat(text(silent.get(EXTERNAL + WAITING)))
        .contains("\"code\":503")
        .doesNotContain("retryAfterSeconds");
  }

  @ParameterizedTest
  @ValueSource(strings = {"external.metrics.k8s.io/v1beta1", "custom.metrics.k8s.io/v1beta1"})
  void trap08AResourceListIsNeverEmpty(String version) throws IOException {
    assertThat(json(Reads.of().get("/apis/" + version)).get("resources")).isNotEmpty();
  }

  @Test
  void trap14AValueNeverOverflowsTheHpasMilliUnits() {
    Reads huge =
        Reads.of(
            FoldedPool.named("a", "chat", "m").with(Gauge.REQUESTS_WAITING, 1e300).fault(null));

    assertThat(text(huge.get(EXTERNAL + WAITING))).contains("\"value\":\"9200T\"");
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
  void trap15WhatIsNoNumberIsMissing(double number) {
    Reads odd =
        Reads.of(
            FoldedPool.named("a", "chat", "m")
                .with(Gauge.REQUESTS_WAITING, number)
                .fault(null)
                .onPods(Map.of()));

    assertThat(odd.get(EXTERNAL + WAITING).status()).isEqualTo(503);
    assertThat(odd.get(CUSTOM + "v1beta2/namespaces/a/pods/*/" + WAITING).status()).isEqualTo(503);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        EXTERNAL + WAITING + "?labelSelector=pool%3Dx",
        CUSTOM + "v1beta2/namespaces/a/pods/*/" + WAITING + "?labelSelector=app%3Dx",
        CUSTOM
            + "v1beta2/namespaces/a/modelpools.inferscale.dev/*/"
            + WAITING
            + "?labelSelector=pool%3Dx"
      })
  void trap16NoItemsIsAnErrorAndNotZero(String target) {
    assertThat(reads.get(target).status()).isEqualTo(404);
    assertThat(text(reads.get(target))).doesNotContain("items");
  }

  @Test
  void trap17AgeIsOurBusiness() {
    Reads later = Reads.of(FoldedPool.snapshot(pool), Duration.ofSeconds(11), false);

    assertThat(text(later.get(EXTERNAL + WAITING))).contains("stale: ", "\"code\":503");
    assertThat(later.get(CUSTOM + "v1beta2/namespaces/a/deployments.apps/chat/" + WAITING).status())
        .isEqualTo(503);
  }

  @Test
  void trap18PartOfASumIsNeverServedForTheWhole() {
    Reads third = Reads.of(pool.targets(3, 1).fault(FetchFault.TIMED_OUT));

    assertThat(text(third.get(EXTERNAL + WAITING))).contains("partial: ", "\"code\":503");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "modelpools.inferscale.dev/chat/inference_requests_waiting",
        "deployments.apps/chat/inference_requests_waiting",
        "metrics/inference_requests_waiting"
      })
  void trap19AnObjectIsExactlyOneItem(String rest) throws IOException {
    assertThat(json(custom("v1beta2", rest)).get("items")).hasSize(1);
  }

  @Test
  void trap20AParentHasOneScope() throws IOException {
    for (JsonNode item :
        json(reads.ask("GET", "/apis", Discovery.AGGREGATED, "").page()).get("items")) {
      for (JsonNode version : item.get("versions")) {
        assertThat(version.get("resources"))
            .allMatch(resource -> resource.get("scope").asText().equals("Namespaced"));
      }
    }
    for (String version : new String[] {"v1beta1", "v1beta2"}) {
      assertThat(json(reads.get(CUSTOM + version)).get("resources"))
          .allMatch(resource -> resource.get("namespaced").asBoolean());
    }
  }

  @Test
  void trap21BothVersionsOfCustomMetricsAreServedAndTheNewerIsPreferred() throws IOException {
    assertThat(
            json(reads.get("/apis/custom.metrics.k8s.io")).at("/preferredVersion/version").asText())
        .isEqualTo("v1beta2");
    assertThat(reads.get(CUSTOM + "v1beta1").status()).isEqualTo(200);
    assertThat(reads.get(CUSTOM + "v1beta2").status()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/apis",
        "/apis/external.metrics.k8s.io/v1beta1",
        CUSTOM + "v1beta1",
        CUSTOM + "v1beta2",
        "/openapi/v3"
      })
  void trap22DiscoveryIsReadFromMemory(String target) {
    assertThat(reads.get(target)).isSameAs(reads.get(target));
  }

  @ParameterizedTest
  @ValueSource(strings = {EXTERNAL + WAITING, CUSTOM + "v1beta2/namespaces/a/pods/*/" + WAITING})
  void trap25WatchingIsNotAllowed(String target) {
    for (String watch : new String[] {"watch=true", "watch=1", "watch"}) {
      Page page = reads.get(target + "?" + watch);
      assertThat(page.status()).isEqualTo(405);
      assertThat(text(page)).contains("watch is not supported", "\"reason\":\"MethodNotAllowed\"");
    }
  }

  @Test
  void trap26KubectlGetsATable() {
    String accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

    assertThat(text(reads.ask("GET", EXTERNAL + WAITING, accept, "").page()))
        .startsWith("{\"kind\":\"Table\",\"apiVersion\":\"meta.k8s.io/v1\"");
  }

  @ParameterizedTest
  @CsvSource({
    "/apis/external.metrics.k8s.io/v1beta1/namespaces/a/nope, 404",
    "/apis/external.metrics.k8s.io/v1beta1/namespaces/a/inference_ttft_seconds?x=y, 400",
    "/apis/custom.metrics.k8s.io/v1beta2/pods, 400",
    "/nope, 404"
  })
  void trap27AStatusNeverComesWithCode200(String target, int code) throws IOException {
    Page page = reads.get(target);

    assertThat(page.status()).isEqualTo(code);
    assertThat(json(page).get("kind").asText()).isEqualTo("Status");
    assertThat(json(page).get("code").asInt()).isEqualTo(code);
  }

  @Test
  void trap29AModelThatNoSelectorCanSpellHasAnAlias() {
    assertThat(reads.get(EXTERNAL + WAITING + "?labelSelector=model%3Dacme_chat_8b").status())
        .isEqualTo(200);
    assertThat(text(reads.get(EXTERNAL + WAITING + "?labelSelector=model%3Dacme/chat:8b")))
        .contains("write model=acme_chat_8b", "\"code\":400");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/openapi/v2",
        "/openapi/v3",
        "/openapi/v3/apis/external.metrics.k8s.io/v1beta1",
        "/openapi/v3/apis/custom.metrics.k8s.io/v1beta1",
        "/openapi/v3/apis/custom.metrics.k8s.io/v1beta2"
      })
  void trap30OpenApiIsThere(String target) {
    assertThat(reads.get(target).status()).isEqualTo(200);
  }
}
