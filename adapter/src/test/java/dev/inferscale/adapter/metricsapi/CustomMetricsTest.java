package dev.inferscale.adapter.metricsapi;

import static dev.inferscale.adapter.metricsapi.Reads.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.adapter.FoldedPool;
import dev.inferscale.adapter.wire.Page;
import dev.inferscale.signals.profile.Reading.Distribution;
import dev.inferscale.signals.profile.Reading.Gauge;
import dev.inferscale.signals.window.FetchFault;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CustomMetricsTest {
  private static final String WAITING = "inference_requests_waiting";
  private static final String TTFT = "inference_ttft_seconds";

  private final FoldedPool chat =
      FoldedPool.named("serving", "chat-9b", "acme/chat-9b")
          .with(Gauge.REQUESTS_WAITING, 2.5)
          .ninetieth(Distribution.TIME_TO_FIRST_TOKEN, 0.8)
          .fault(null)
          .onPods(Map.of("app", "chat", "tier", "a"))
          .scaling("apps/v1", "Deployment", "chat");
  private final FoldedPool code =
      FoldedPool.named("serving", "code-9b", "acme/code:9b")
          .with(Gauge.REQUESTS_WAITING, 42)
          .fault(null)
          .onPods(Map.of("app", "code"))
          .scaling("leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet", "code");
  private final FoldedPool elsewhere =
      FoldedPool.named("other", "alone", "acme/chat-9b")
          .with(Gauge.REQUESTS_WAITING, 7)
          .scaling("apps/v1", "Deployment", "alone");
  private final Reads reads = Reads.of(chat, code, elsewhere);

  private Page get(String rest) {
    return reads.get("/apis/custom.metrics.k8s.io/v1beta2/namespaces/" + rest);
  }

  @Test
  void thePodsThatASelectorMatchesInTheBytesThatClientsExpect() {
    assertThat(
            text(
                get("serving/pods/%2A/" + WAITING + "?labelSelector=app%3Dchat%2Ctier+in+%28a%29")))
        .isEqualTo(
            """
            {"kind":"MetricValueList","apiVersion":"custom.metrics.k8s.io/v1beta2","metadata":{},\
            "items":[{"describedObject":{"kind":"Pod","namespace":"serving","name":"chat-9b-0",\
            "apiVersion":"/v1"},"metric":{"name":"inference_requests_waiting","selector":null},\
            "timestamp":"2027-01-02T03:04:04Z","value":"2500m"},\
            {"describedObject":{"kind":"Pod","namespace":"serving","name":"chat-9b-1",\
            "apiVersion":"/v1"},"metric":{"name":"inference_requests_waiting","selector":null},\
            "timestamp":"2027-01-02T03:04:04Z","value":"0"}]}
            """);
  }

  @Test
  void theOlderVersionNestsNothing() {
    assertThat(
            text(
                reads.get(
                    "/apis/custom.metrics.k8s.io/v1beta1/namespaces/serving/pods/chat-9b-0/"
                        + TTFT
                        + "?metricLabelSelector=pool%3Dchat-9b")))
        .isEqualTo(
            """
            {"kind":"MetricValueList","apiVersion":"custom.metrics.k8s.io/v1beta1","metadata":{},\
            "items":[{"describedObject":{"kind":"Pod","namespace":"serving","name":"chat-9b-0",\
            "apiVersion":"/v1"},"metricName":"inference_ttft_seconds",\
            "timestamp":"2027-01-02T03:04:04Z","window":60,"value":"800m",\
            "selector":{"matchLabels":{"pool":"chat-9b"}}}]}
            """);
  }

  @Test
  void withoutASelectorAllPodsOfAllPoolsAnswer() {
    assertThat(text(get("serving/pods/*/" + WAITING)))
        .contains("\"chat-9b-0\"", "\"chat-9b-1\"", "\"code-9b-0\"", "\"code-9b-1\"")
        .doesNotContain("alone");
  }

  @Test
  void aPodThatDoesNotAnswerIsLeftOutForTheHpaToMiss() {
    Reads oneHung = Reads.of(chat.targets(3, 2).fault(FetchFault.TIMED_OUT));

    String list =
        text(
            oneHung.get(
                "/apis/custom.metrics.k8s.io/v1beta2/namespaces/serving/pods/*/" + WAITING));

    assertThat(list).contains("\"chat-9b-0\"", "\"chat-9b-1\"").doesNotContain("chat-9b-2");
  }

  @Test
  void aPodThatDoesNotAnswerIsAStatusWhenItIsNamedOrAllAreLikeIt() {
    Reads silent = Reads.of(chat.silentFor(Duration.ofSeconds(40)));
    String pods = "/apis/custom.metrics.k8s.io/v1beta2/namespaces/serving/pods/";

    for (String which : new String[] {"chat-9b-0", "*"}) {
      Page page = silent.get(pods + which + "/" + WAITING);
      assertThat(page.status()).isEqualTo(503);
      assertThat(text(page))
          .contains("stale: pod chat-9b-0, last reading 41 s ago: ", "older than staleAfter");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "serving/pods/nope/inference_requests_waiting | 404 | no running pod of pool chat-9b, code-9b matches 'nope'",
        "serving/pods/*/inference_requests_waiting?labelSelector=app%3Dx | 404 | matches 'app=x'",
        "other/pods/*/inference_requests_waiting | 404 | list endpoints, not pods",
        "empty/pods/*/inference_requests_waiting | 404 | namespace 'empty' has no pools",
        "serving/pods/*/inference_replicas | 404 | a number of the pool, not of its pods",
        "serving/pods/*/queue_depth | 404 | listed at /apis/custom.metrics.k8s.io/v1beta2",
        "serving/pods/*/inference_request_waiting | 404 | did you mean inference_requests_waiting",
        "serving/pods/*/inference_requests_waiting?labelSelector=a%3D%3D%3D | 400 | unable to parse requirement",
        "serving/pods/*/inference_requests_waiting?metricLabelSelector=pool%3E1 | 400 | compare 'pool' with =, !=, in",
        "serving/pods/*/inference_ttft_seconds?metricLabelSelector=quantile%3D2 | 400 | such as 0.95",
        "serving/pods/*/inference_ttft_seconds?quantile=0.5 | 400 | metricLabelSelector=quantile=0.95",
        "serving/pods/*/inference_requests_waiting?metricLabelSelector=pool%3Dx | 404 | there are: chat-9b, code-9b",
        "serving/pods/*/inference_requests_waiting?metricLabelSelektor=x | 400 | did you mean 'metricLabelSelector'?",
        "serving/pods/*/inference_requests_waiting?metricLabelSelector=model%3Dacme/chat-9b | 400 | write model=acme_chat-9b"
      })
  void whatCannotBeAnsweredSaysWhy(String rest, int status, String sentence) {
    Page page = get(rest);

    assertThat(page.status()).isEqualTo(status);
    assertThat(text(page)).contains(sentence);
  }

  @Test
  void aPodOfTwoPoolsNeedsOneOfThem() {
    FoldedPool twin = FoldedPool.named("serving", "chat-9b", "b").onPods(Map.of()).fault(null);
    FoldedPool other = FoldedPool.named("serving", "chat-9b-x", "c").fault(null).podsOf(twin);
    Reads both = Reads.of(twin, other);
    String pods = "/apis/custom.metrics.k8s.io/v1beta2/namespaces/serving/pods/";

    for (String which : new String[] {"*", "chat-9b-0"}) {
      assertThat(text(both.get(pods + which + "/" + WAITING)))
          .contains("2 pools measure 'Pod chat-9b-0'", "metricLabelSelector=pool=NAME", "400");
      assertThat(
              both.get(pods + which + "/" + WAITING + "?metricLabelSelector=pool%3Dchat-9b")
                  .status())
          .isEqualTo(200);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "modelpools.inferscale.dev/chat-9b",
        "modelpool.inferscale.dev/chat-9b",
        "modelpools/chat-9b",
        "ModelPools.inferscale.dev/chat-9b",
        "deployments.apps/chat",
        "deployment.apps/chat",
        "deployments/chat",
        "deployment/chat"
      })
  void anObjectIsExactlyOneItem(String object) {
    Page page = get("serving/" + object + "/" + WAITING + "?labelSelector=ignored%3Dof-a-name");

    assertThat(page.status()).isEqualTo(200);
    assertThat(text(page))
        .contains("\"namespace\":\"serving\"", "\"value\":\"2500m\"")
        .containsOnlyOnce("describedObject");
  }

  @Test
  void anObjectIsNamedAsTheClusterNamesIt() {
    assertThat(text(get("serving/modelpools.inferscale.dev/chat-9b/" + WAITING)))
        .contains(
            """
            "describedObject":{"kind":"ModelPool","namespace":"serving","name":"chat-9b",\
            "apiVersion":"inferscale.dev/v1alpha1"}\
            """);
    assertThat(text(get("serving/leaderworkersets.leaderworkerset.x-k8s.io/code/" + WAITING)))
        .contains(
            """
            "describedObject":{"kind":"LeaderWorkerSet","namespace":"serving","name":"code",\
            "apiVersion":"leaderworkerset.x-k8s.io/v1"}\
            """);
  }

  @Test
  void aQuantileOfAnObjectIsAskedForInTheMetricsSelectorAndRepeated() {
    assertThat(
            text(
                get(
                    "serving/modelpools.inferscale.dev/chat-9b/"
                        + TTFT
                        + "?metricLabelSelector=quantile%3D0.5")))
        .contains("\"selector\":{\"matchLabels\":{\"quantile\":\"0.5\"}}", "\"value\":\"444m\"");
  }

  @Test
  void allObjectsAreAnItemEachAndOneWithoutAValueIsLeftOut() {
    Reads half = Reads.of(chat, code.silentFor(Duration.ofSeconds(40)));
    String base = "/apis/custom.metrics.k8s.io/v1beta2/namespaces/serving/";

    assertThat(text(get("serving/modelpools.inferscale.dev/*/" + WAITING)))
        .contains("\"name\":\"chat-9b\"", "\"name\":\"code-9b\"");
    assertThat(
            text(
                get(
                    "serving/modelpools.inferscale.dev/*/"
                        + WAITING
                        + "?labelSelector=pool%3Dcode-9b")))
        .contains("\"name\":\"code-9b\"")
        .doesNotContain("\"name\":\"chat-9b\"");
    assertThat(text(half.get(base + "modelpools.inferscale.dev/*/" + WAITING)))
        .contains("\"name\":\"chat-9b\"")
        .doesNotContain("\"name\":\"code-9b\"");
    assertThat(text(get("serving/deployments.apps/*/" + WAITING))).contains("\"name\":\"chat\"");
  }

  @Test
  void twoPoolsOfOneScaleTargetAreNotAddedUp() {
    FoldedPool second =
        FoldedPool.named("serving", "second", "b").scaling("apps/v1", "Deployment", "chat");
    Reads both = Reads.of(chat, second);
    String base = "/apis/custom.metrics.k8s.io/v1beta2/namespaces/serving/deployments.apps/";

    for (String which : new String[] {"chat", "*"}) {
      Page page = both.get(base + which + "/" + WAITING);
      assertThat(page.status()).isEqualTo(400);
      assertThat(text(page)).contains("2 pools measure 'Deployment chat'", "chat-9b, second");
    }
    assertThat(text(both.get(base + "chat/" + WAITING + "?metricLabelSelector=pool%3Dchat-9b")))
        .contains("\"value\":\"2500m\"");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "serving/statefulsets.apps/x/inference_requests_waiting | there are metrics of deployments.apps, leaderworkersets.leaderworkerset.x-k8s.io, modelpools.inferscale.dev, pods",
        "serving/deployments.apps/x/inference_requests_waiting | measures 'deployments.apps/x'; there are: chat",
        "serving/modelpools.inferscale.dev/x/inference_requests_waiting | there are: chat-9b, code-9b"
      })
  void anObjectThatNoPoolMeasuresSaysWhatThereIs(String rest, String sentence) {
    Page page = get(rest);

    assertThat(page.status()).isEqualTo(404);
    assertThat(text(page)).contains(sentence);
  }

  @Test
  void theLabelsOfScaleTargetsAreNotKnownAndThatIsSaid() {
    assertThat(text(get("serving/deployments.apps/*/" + WAITING + "?labelSelector=a%3Db")))
        .contains("labels of 'deployments.apps' are not known here", "\"code\":400");
  }

  @Test
  void aNamespaceHasAValueWhereItHasOnePool() {
    assertThat(text(get("other/metrics/" + WAITING)))
        .contains(
            "\"describedObject\":{\"kind\":\"Namespace\",\"name\":\"other\",\"apiVersion\":\"/v1\"}",
            "\"value\":\"7\"");
    assertThat(text(get("serving/metrics/" + WAITING)))
        .contains("2 pools measure 'Namespace serving'", "metricLabelSelector=pool=NAME", "400");
    assertThat(text(get("serving/metrics/" + WAITING + "?metricLabelSelector=pool%3Dcode-9b")))
        .contains("\"value\":\"42\"");
    assertThat(get("empty/metrics/" + WAITING).status()).isEqualTo(404);
  }

  @ParameterizedTest
  @CsvSource({
    "nodes/a/inference_requests_waiting, 404",
    "namespaces/*/inference_requests_waiting, 404",
    "nodes/*, 400",
    "pods, 400",
    "namespaces/serving/pods/inference_requests_waiting, 400",
    "namespaces/serving/pods//inference_requests_waiting, 400",
    "namespaces/serving/pods/a/inference_requests_waiting/x, 404",
    "nodes/a/b/inference_requests_waiting, 400",
    "nodes/a/b/c/inference_requests_waiting, 404"
  })
  void aPathThatDescribesNothingOfOursSaysWhatWould(String path, int status) {
    Page page = reads.get("/apis/custom.metrics.k8s.io/v1beta2/" + path);

    assertThat(page.status()).isEqualTo(status);
    assertThat(text(page)).contains("namespaces/NAMESPACE/RESOURCE/NAME/METRIC");
  }

  @Test
  void aMissingAnswerOfAnObjectIsThePools() {
    Reads silent = Reads.of(chat.silentFor(Duration.ofSeconds(40)));

    assertThat(
            text(
                silent.get(
                    "/apis/custom.metrics.k8s.io/v1beta2/namespaces/serving/deployments.apps/chat/"
                        + WAITING)))
        .contains("stale: pool serving/chat-9b, last reading 41 s ago: ", "\"code\":503");
  }
}
