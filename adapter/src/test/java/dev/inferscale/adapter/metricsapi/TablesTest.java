package dev.inferscale.adapter.metricsapi;

import static dev.inferscale.adapter.metricsapi.Reads.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.inferscale.adapter.FoldedPool;
import dev.inferscale.adapter.wire.Page;
import dev.inferscale.signals.profile.Reading.Distribution;
import dev.inferscale.signals.profile.Reading.Gauge;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TablesTest {
  /// What `kubectl get` sends.
  private static final String KUBECTL =
      "application/json;as=Table;v=v1;g=meta.k8s.io,"
          + "application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json";

  private static final String BASE = "/apis/external.metrics.k8s.io/v1beta1/namespaces/serving/";

  private final Reads reads =
      Reads.of(
          FoldedPool.named("serving", "chat-9b", "acme/chat-9b")
              .with(Gauge.REQUESTS_WAITING, 1234.5)
              .ninetieth(Distribution.TIME_TO_FIRST_TOKEN, 0.8)
              .fault(null)
              .onPods(Map.of("app", "chat")));

  private JsonNode table(String target, String accept) throws IOException {
    Page page = reads.ask("GET", target, accept, "").page();
    assertThat(page.status()).isEqualTo(200);
    assertThat(page.contentType()).isEqualTo("application/json");
    return new ObjectMapper().readTree(page.body());
  }

  private static List<String> texts(JsonNode array, String field) {
    List<String> texts = new ArrayList<>();
    array.forEach(node -> texts.add((field.isEmpty() ? node : node.get(field)).asText()));
    return texts;
  }

  @Test
  void kubectlGetsARowPerPoolWithNumbersThatPeopleRead() throws IOException {
    JsonNode table = table(BASE + "inference_requests_waiting?limit=500", KUBECTL);

    assertThat(table.get("kind").asText()).isEqualTo("Table");
    assertThat(table.get("apiVersion").asText()).isEqualTo("meta.k8s.io/v1");
    assertThat(texts(table.get("columnDefinitions"), "name"))
        .containsExactly(
            "Pool", "Model", "Value", "Unit", "Age", "Quality", "Targets", "Window", "From",
            "Note");
    assertThat(texts(table.at("/rows/0/cells"), ""))
        .startsWith("chat-9b", "acme_chat-9b", "1234.5", "requests", "1s", "exact", "2/2");
    assertThat(table.at("/rows/0").has("object")).isTrue();
  }

  @Test
  void olderClientsGetTheOlderTable() throws IOException {
    String beta = "application/json;as=Table;v=v1beta1;g=meta.k8s.io, application/json";

    assertThat(table(BASE + "inference_ttft_seconds", beta).get("apiVersion").asText())
        .isEqualTo("meta.k8s.io/v1beta1");
  }

  @Test
  void customMetricsShowWhatTheyDescribe() throws IOException {
    JsonNode table =
        table(
            "/apis/custom.metrics.k8s.io/v1beta2/namespaces/serving/pods/*/inference_ttft_seconds",
            KUBECTL);

    assertThat(texts(table.get("columnDefinitions"), "name")).startsWith("Object", "Pool");
    assertThat(texts(table.at("/rows/0/cells"), ""))
        .startsWith("Pod/chat-9b-0", "chat-9b", "acme_chat-9b", "0.8", "s")
        .contains("60s");
  }

  @Test
  void anErrorStaysAStatus() {
    Page page = reads.ask("GET", BASE + "nope", KUBECTL, "").page();

    assertThat(page.status()).isEqualTo(404);
    assertThat(text(page)).startsWith("{\"kind\":\"Status\"");
  }
}
