package dev.inferscale.adapter.metricsapi;

import static dev.inferscale.adapter.metricsapi.Reads.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.inferscale.adapter.FoldedPool;
import dev.inferscale.adapter.wire.Page;
import dev.inferscale.adapter.wire.Reply;
import dev.inferscale.signals.profile.Signal;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MetricsApiTest {
  private static final String AGGREGATED =
      "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
  private static final String GROUP_VERSION = "/apis/external.metrics.k8s.io/v1beta1";

  private final Reads reads = Reads.of(FoldedPool.busy("default", "quickstart", "demo"));

  @Test
  void listsItsGroupsWithThePreferredVersionFirst() {
    String external =
        """
        "name":"external.metrics.k8s.io","versions":[\
        {"groupVersion":"external.metrics.k8s.io/v1beta1","version":"v1beta1"}],\
        "preferredVersion":\
        {"groupVersion":"external.metrics.k8s.io/v1beta1","version":"v1beta1"}}\
        """;
    String custom =
        """
        "name":"custom.metrics.k8s.io","versions":[\
        {"groupVersion":"custom.metrics.k8s.io/v1beta2","version":"v1beta2"},\
        {"groupVersion":"custom.metrics.k8s.io/v1beta1","version":"v1beta1"}],\
        "preferredVersion":\
        {"groupVersion":"custom.metrics.k8s.io/v1beta2","version":"v1beta2"}}\
        """;

    assertThat(text(reads.get("/apis")))
        .isEqualTo(
            "{\"kind\":\"APIGroupList\",\"apiVersion\":\"v1\",\"groups\":[{%s,{%s]}\n"
                .formatted(external, custom));
    assertThat(text(reads.get("/apis/external.metrics.k8s.io")))
        .isEqualTo("{\"kind\":\"APIGroup\",\"apiVersion\":\"v1\"," + external + "\n");
    assertThat(text(reads.get("/apis/custom.metrics.k8s.io")))
        .isEqualTo("{\"kind\":\"APIGroup\",\"apiVersion\":\"v1\"," + custom + "\n");
  }

  @Test
  void listsEverySignalAsAMetric() throws IOException {
    String document = text(reads.get(GROUP_VERSION));

    assertThat(document)
        .startsWith(
            """
            {"kind":"APIResourceList","apiVersion":"v1",\
            "groupVersion":"external.metrics.k8s.io/v1beta1","resources":[\
            {"name":"inference_requests_waiting","singularName":"","namespaced":true,\
            "kind":"InferenceRequestsWaiting","verbs":["get"]},\
            """);
    assertThat(json(document).get("resources")).hasSize(Signal.values().length);
  }

  @Test
  void aggregatedDiscoveryIsServedToWhoAsksForIt() throws IOException {
    Reply reply =
        reads.ask(
            "GET", "/apis", AGGREGATED + ";profile=nopeer," + AGGREGATED + ",application/json", "");

    assertThat(reply.page().contentType()).isEqualTo(AGGREGATED);
    JsonNode version = json(text(reply.page())).at("/items/0/versions/0");
    assertThat(version.get("freshness").asText()).isEqualTo("Current");
    assertThat(version.get("resources")).hasSize(Signal.values().length);
    assertThat(version.at("/resources/0/responseKind/kind").asText())
        .isEqualTo("InferenceRequestsWaiting");
  }

  @Test
  void theBetaOfAggregatedDiscoveryGetsThePlainList() {
    String accept = AGGREGATED.replace("v=v2", "v=v2beta1") + ",application/json";

    assertThat(reads.ask("GET", "/apis", accept, "").page().contentType())
        .isEqualTo("application/json");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/apis",
        GROUP_VERSION,
        "/openapi/v2",
        "/openapi/v3",
        "/openapi/v3" + GROUP_VERSION,
        "/openapi/v3/apis/custom.metrics.k8s.io/v1beta2",
        "/apis/custom.metrics.k8s.io",
        "/apis/custom.metrics.k8s.io/v1beta1",
        "/version"
      })
  void aConstantDocumentIsNotSentTwice(String path) {
    Reply first = reads.ask("GET", path, "", "");
    Reply second = reads.ask("GET", path, "", first.etag());

    assertThat(first.page().status()).isEqualTo(200);
    assertThat(first.etag()).matches("\"[0-9a-f]{32}\"");
    assertThat(second.page()).isEqualTo(Page.NOT_MODIFIED);
    assertThat(reads.ask("GET", path, "", "\"other\"").page().status()).isEqualTo(200);
  }

  @Test
  void openApiLeadsToADocumentForTheGroup() throws IOException {
    String path = "apis/external.metrics.k8s.io/v1beta1";
    String url =
        json(text(reads.get("/openapi/v3")))
            .get("paths")
            .get(path)
            .get("serverRelativeURL")
            .asText();

    JsonNode document = json(text(reads.get(url)));

    assertThat(document.get("openapi").asText()).isEqualTo("3.0.0");
    String schema =
        document
            .get("paths")
            .get("/" + path + "/namespaces/{namespace}/inference_tokens_in_flight")
            .at("/get/responses/200/content/application~1json/schema/$ref")
            .asText();
    assertThat(document.at(schema.substring(1)).isMissingNode()).isFalse();
    assertThat(json(text(reads.get("/openapi/v2"))).get("swagger").asText()).isEqualTo("2.0");
  }

  @Test
  void tellsItsVersion() throws IOException {
    JsonNode version = json(text(reads.get("/version")));

    assertThat(version.get("gitVersion").asText()).isEqualTo("v0.1.0");
    assertThat(version.get("minor").asText()).isEqualTo("1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/",
        "/api",
        "/apis/metrics.k8s.io",
        "/apis/custom.metrics.k8s.io/v1",
        "/apis/external.metrics.k8s.io/v1",
        GROUP_VERSION + "/inference_requests_waiting",
        GROUP_VERSION + "/namespaces/default/inference_requests_waiting/x",
        GROUP_VERSION + "/nodes/default/inference_requests_waiting",
        "/openapi/v4",
        "/version/x",
        "/readyz/ping/x",
        "//apis",
      })
  void aPathWithNothingBehindItIsNotFound(String path) {
    Page page = reads.get(path);

    assertThat(page.status()).isEqualTo(404);
    assertThat(text(page)).startsWith("{\"kind\":\"Status\"").contains("\"reason\":\"NotFound\"");
  }

  @Test
  void aTrailingSlashChangesNothing() {
    assertThat(reads.get("/apis/").status()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST", "PUT", "PATCH", "DELETE", "OPTIONS", "get"})
  void onlyReadingIsAllowed(String method) {
    assertThat(reads.ask(method, GROUP_VERSION, "", "").page().status()).isEqualTo(405);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "application/vnd.kubernetes.protobuf, */* | 200 | 200",
        "application/json;as=Table;v=v1;g=meta.k8s.io, application/json | 200 | 200",
        "application/json; charset=utf-8 | 200 | 200",
        "application/yaml | 406 | 406",
        "application/vnd.kubernetes.protobuf | 200 | 406",
        "application/json;as=Table;v=v1;g=meta.k8s.io | 200 | 406",
      })
  void aDocumentIsServedInAFormThatIsAcceptable(String accept, int values, int others) {
    String metric = GROUP_VERSION + "/namespaces/default/inference_requests_waiting";

    assertThat(reads.ask("GET", metric, accept, "").page().status()).isEqualTo(values);
    for (String path : new String[] {GROUP_VERSION, "/openapi/v2", "/apis"}) {
      assertThat(reads.ask("GET", path, accept, "").page().status()).isEqualTo(others);
    }
  }

  @Test
  void whatIsNotAcceptableNamesWhatWouldBe() {
    String metric = GROUP_VERSION + "/namespaces/default/inference_requests_waiting";

    assertThat(text(reads.ask("GET", metric, "text/html", "").page()))
        .contains(
            "only the following media types are accepted: "
                + "application/json, application/vnd.kubernetes.protobuf",
            "\"reason\":\"NotAcceptable\"");
  }

  private static JsonNode json(String text) throws IOException {
    return new ObjectMapper().readTree(text);
  }
}
