package dev.inferscale.adapter.metricsapi;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.inferscale.adapter.FoldedPool;
import dev.inferscale.adapter.wire.MalformedRequest;
import dev.inferscale.adapter.wire.Negotiation;
import dev.inferscale.adapter.wire.Page;
import dev.inferscale.adapter.wire.Reply;
import dev.inferscale.adapter.wire.Request;
import dev.inferscale.signals.snapshot.Snapshot;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/// A hundred thousand requests that real clients send, each spoilt a little, always the same ones:
/// whatever comes, the answer is a document or a Status, and small.
class MutatedRequestsTest {
  private static final int REQUESTS = 100_000;
  private static final int MOST_BYTES = 256 * 1024;
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final byte[] MAGIC = {'k', '8', 's', 0};

  private static final List<String> TARGETS =
      List.of(
          "/apis",
          "/apis/external.metrics.k8s.io/v1beta1",
          "/apis/custom.metrics.k8s.io/v1beta2",
          "/openapi/v2?timeout=32s",
          "/openapi/v3/apis/custom.metrics.k8s.io/v1beta1?hash=00",
          "/readyz?verbose&exclude=fold",
          "/version",
          "/apis/external.metrics.k8s.io/v1beta1/namespaces/serving/inference_requests_waiting"
              + "?labelSelector=model%3Dchat%2Ctier+in+%28a%2Cb%29%2C%21x%2Cz%21%3Dq",
          "/apis/external.metrics.k8s.io/v1beta1/namespaces/serving/inference_ttft_seconds"
              + "?labelSelector=pool%3Dchat%2Cquantile%3D0.95&limit=500",
          "/apis/external.metrics.k8s.io/v1beta1/namespaces/serving/a:b%7Cc%20d",
          "/apis/external.metrics.k8s.io/v1beta1/namespaces/serving/inference_requests_running"
              + "?labelSelector=pool%3Dcode",
          "/apis/custom.metrics.k8s.io/v1beta2/namespaces/serving/pods/%2A/inference_ttft_seconds"
              + "?labelSelector=app%3Dchat&metricLabelSelector=pool%3Dchat",
          "/apis/custom.metrics.k8s.io/v1beta1/namespaces/serving/pods/chat-0/inference_replicas",
          "/apis/custom.metrics.k8s.io/v1beta2/namespaces/serving/deployments.apps/chat/"
              + "inference_requests_waiting?metricLabelSelector=pool+in+%28chat%29%2Cquantile%3D.5",
          "/apis/custom.metrics.k8s.io/v1beta2/namespaces/serving/modelpools.inferscale.dev/chat/"
              + "inference_kv_cache_utilization?watch=false&resourceVersion=0",
          "/apis/custom.metrics.k8s.io/v1beta2/namespaces/serving/metrics/inference_tokens_running",
          "/apis/custom.metrics.k8s.io/v1beta2/nodes/%2A/inference_requests_waiting");

  private static final List<String> ACCEPTS =
      List.of(
          "",
          "application/vnd.kubernetes.protobuf, */*",
          "application/json;as=Table;v=v1;g=meta.k8s.io,application/json",
          "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json",
          "application/json");

  private static final List<String> PIECES =
      List.of(
          "/",
          "//",
          "%",
          "%2",
          "%2A",
          "%00",
          "%C3%A9",
          "%FF",
          "%2F",
          "+",
          "&",
          "=",
          "?",
          "*",
          "..",
          ",",
          "!",
          "(",
          ")",
          " in ",
          "notin",
          "quantile=",
          "quantile%3D0.9",
          "labelSelector=",
          "metricLabelSelector=",
          "watch=true",
          "pretty=true",
          "\u0000",
          "\u00e9",
          ";q=0",
          ";as=",
          "inference_",
          "INFERENCE_TTFT_SECONDS",
          "pods",
          "namespaces",
          "a".repeat(300),
          "9e99");

  private final MetricsApi api = new MetricsApi("0.1.0");
  private final View view = view();
  private final Random random = new Random(6);

  private static View view() {
    Snapshot snapshot =
        FoldedPool.snapshot(
            FoldedPool.busy("serving", "chat", "acme/chat")
                .fault(null)
                .onPods(Map.of("app", "chat"))
                .scaling("apps/v1", "Deployment", "chat"),
            FoldedPool.named("serving", "code", "acme/code").silentFor(Duration.ofSeconds(40)));
    Instant wall = Reads.WALL;
    Preparedness server = new Preparedness(true, wall.plus(Duration.ofDays(1)), true, false);
    return new View(snapshot, snapshot.at().plusSeconds(1), wall, server);
  }

  @Test
  void anyRequestGetsAWellFormedAnswerOfBoundedSize() throws IOException {
    Set<Integer> codes = new TreeSet<>();
    for (int i = 0; i < REQUESTS; i++) {
      String target = mutated(pick(TARGETS));
      String accept = random.nextInt(4) == 0 ? mutated(pick(ACCEPTS)) : pick(ACCEPTS);
      Page page = ask(random.nextInt(20) == 0 ? mutated("GET") : "GET", target, accept);
      codes.add(page.status());
      check(target + " as " + accept, page);
    }
    assertThat(codes).containsExactly(200, 400, 404, 405, 406, 414, 503);
  }

  private Page ask(String method, String target, String accept) {
    int question = target.indexOf('?');
    String path = question < 0 ? target : target.substring(0, question);
    String query = question < 0 ? "" : target.substring(question + 1);
    try {
      Reply reply = api.answer(Request.parse(method, path, query, accept, "curl/8", ""), view);
      return reply.page();
    } catch (MalformedRequest malformed) {
      return Status.of(malformed);
    }
  }

  private void check(String request, Page page) throws IOException {
    assertThat(page.body().length).as(request).isBetween(1, MOST_BYTES);
    if (page.contentType().equals(Negotiation.PROTOBUF_TYPE)) {
      assertThat(Arrays.copyOf(page.body(), 4)).as(request).isEqualTo(MAGIC);
      return;
    }
    if (page.contentType().startsWith("text/plain")) {
      assertThat(request).containsAnyOf("readyz", "livez", "healthz");
      return;
    }
    assertThat(page.contentType()).as(request).startsWith("application/json");
    JsonNode document = JSON.readTree(page.body());
    assertThat(document.isObject()).as(request).isTrue();
    if (page.status() != 200) {
      assertThat(document.get("kind").asText()).as(request).isEqualTo("Status");
      assertThat(document.get("code").asInt()).as(request).isEqualTo(page.status());
      assertThat(document.get("message").asText())
          .as(request)
          .isNotBlank()
          .hasSizeLessThan(200)
          .doesNotContain("\n");
    } else if (document.has("items") && document.path("kind").asText().endsWith("ValueList")) {
      assertThat(document.get("items")).as(request).isNotEmpty();
      assertThat(new String(page.body(), UTF_8)).as(request).doesNotContain("NaN", "Infinity");
    }
  }

  /// One to four changes: something put in, taken out, doubled, or exchanged.
  private String mutated(String text) {
    StringBuilder out = new StringBuilder(text);
    for (int n = 1 + random.nextInt(4); n > 0; n--) {
      int at = random.nextInt(out.length() + 1);
      int end = Math.min(out.length(), at + 1 + random.nextInt(8));
      switch (random.nextInt(6)) {
        case 0 -> out.insert(at, pick(PIECES));
        case 1 -> out.delete(at, end);
        case 2 -> out.insert(at, out.substring(at, end));
        case 3 -> out.replace(at, end, pick(PIECES));
        case 4 -> out.insert(at, (char) random.nextInt(0x250));
        default -> {
          if (random.nextInt(400) == 0) {
            out.append("x".repeat(Request.MAX_TARGET_LENGTH));
          }
        }
      }
    }
    return out.toString();
  }

  private String pick(List<String> from) {
    return from.get(random.nextInt(from.size()));
  }
}
