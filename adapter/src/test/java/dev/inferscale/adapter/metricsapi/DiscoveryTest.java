package dev.inferscale.adapter.metricsapi;

import static dev.inferscale.adapter.metricsapi.Reads.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.inferscale.adapter.FoldedPool;
import dev.inferscale.adapter.metricsapi.discovery.Discovery;
import dev.inferscale.adapter.wire.Page;
import dev.inferscale.adapter.wire.Reply;
import dev.inferscale.signals.profile.Signal;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DiscoveryTest {
  private static final String CUSTOM = "/apis/custom.metrics.k8s.io/v1beta2";
  private static final long PER_POD =
      Arrays.stream(Signal.values()).filter(Signal::hasPods).count();

  private final Reads scaling =
      Reads.of(FoldedPool.named("a", "chat", "m").scaling("apps/v1", "Deployment", "chat"));
  private final Reads nothing = Reads.of();

  private static JsonNode json(Page page) throws IOException {
    return new ObjectMapper().readTree(page.body());
  }

  private static Set<String> names(JsonNode resources) {
    return StreamSupport.stream(resources.spliterator(), false)
        .map(resource -> resource.get("name").asText())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void customMetricsAreListedForPodsPoolsAndWhatIsScaled() throws IOException {
    JsonNode resources = json(scaling.get(CUSTOM)).get("resources");

    assertThat(names(resources))
        .contains(
            "pods/inference_tokens_in_flight",
            "modelpools.inferscale.dev/inference_replicas",
            "deployments.apps/inference_tokens_in_flight")
        .doesNotContain("pods/inference_replicas");
    assertThat(resources).hasSize((int) PER_POD + 2 * Signal.values().length);
    assertThat(resources).allMatch(r -> r.get("namespaced").asBoolean());
    assertThat(resources).allMatch(r -> r.get("kind").asText().equals("MetricValueList"));
    assertThat(names(json(scaling.get("/apis/custom.metrics.k8s.io/v1beta1")).get("resources")))
        .isEqualTo(names(resources));
  }

  /// Clients go from resource to kind to resource, so a shared kind would make `kubectl get` read
  /// another metric.
  @Test
  void everyExternalMetricHasAKindOfItsOwn() throws IOException {
    Set<String> kinds = new HashSet<>();
    for (JsonNode resource :
        json(nothing.get("/apis/external.metrics.k8s.io/v1beta1")).get("resources")) {
      kinds.add(resource.get("kind").asText());
    }

    assertThat(kinds).hasSize(Signal.values().length).contains("InferenceTokensInFlight");
  }

  @Test
  void theTagFollowsWhatTheDocumentLists() {
    // Two snapshots that one server sees after each other.
    Reply before = nothing.ask("GET", CUSTOM, "", "");
    Reply after = scaling.ask("GET", CUSTOM, "", before.etag());
    Reply again = nothing.ask("GET", CUSTOM, "", before.etag());

    assertThat(text(before.page())).doesNotContain("deployments.apps");
    assertThat(after.page().status()).isEqualTo(200);
    assertThat(after.etag()).isNotEqualTo(before.etag());
    assertThat(again.page()).isEqualTo(Page.NOT_MODIFIED);
    assertThat(scaling.ask("GET", CUSTOM, "", after.etag()).page()).isEqualTo(Page.NOT_MODIFIED);
  }

  @Test
  void aggregatedDiscoveryListsTheSameUnderParents() throws IOException {
    JsonNode items =
        json(scaling.ask("GET", "/apis", Discovery.AGGREGATED, "").page()).get("items");

    assertThat(items).hasSize(2);
    for (JsonNode version : items.get(1).get("versions")) {
      Set<String> listed = new HashSet<>();
      for (JsonNode parent : version.get("resources")) {
        assertThat(parent.get("responseKind").isObject()).isTrue();
        assertThat(parent.get("scope").asText()).isEqualTo("Namespaced");
        for (JsonNode metric : parent.get("subresources")) {
          assertThat(metric.at("/responseKind/kind").asText()).isEqualTo("MetricValueList");
          listed.add(parent.get("resource").asText() + "/" + metric.get("subresource").asText());
        }
      }
      assertThat(listed).isEqualTo(names(json(scaling.get(CUSTOM)).get("resources")));
    }
    assertThat(items.get(1).at("/versions/0/version").asText()).isEqualTo("v1beta2");
  }

  @Test
  void whatUsersWriteCannotSpoilTheList() {
    List<String> written =
        List.of(
            "deployments.apps",
            "pods",
            "nodes",
            "namespaces",
            "modelpools.inferscale.dev",
            "",
            "a/b",
            "x\"y",
            "../z",
            "ünïcode",
            "a".repeat(64));

    assertThat(Discovery.listable(written)).containsExactly("deployments.apps");
    assertThat(Discovery.listable(IntStream.range(0, 100).mapToObj(i -> "r" + i + ".io").toList()))
        .hasSize(16);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "external.metrics.k8s.io/v1beta1",
        "custom.metrics.k8s.io/v1beta1",
        "custom.metrics.k8s.io/v1beta2"
      })
  void openApiDescribesEachVersion(String version) throws IOException {
    JsonNode index = json(scaling.get("/openapi/v3")).get("paths");
    assertThat(index).hasSize(3);
    String url = index.get("apis/" + version).get("serverRelativeURL").asText();

    Reply named = scaling.ask("GET", url, "", "");
    Reply old = scaling.ask("GET", url.replaceAll("hash=.*", "hash=00"), "", "");

    assertThat(named.immutable()).isTrue();
    assertThat(old.immutable()).isFalse();
    assertThat(old.page().body()).isEqualTo(named.page().body());
    JsonNode document = json(named.page());
    assertThat(document.get("openapi").asText()).isEqualTo("3.0.0");
    for (JsonNode path : document.get("paths")) {
      JsonNode get = path.get("get");
      String schema =
          get.at("/responses/200/content/application~1json/schema/$ref").asText().substring(1);
      assertThat(document.at(schema).get("x-kubernetes-group-version-kind").get(0))
          .isEqualTo(get.get("x-kubernetes-group-version-kind"));
      String items = document.at(schema).at("/properties/items/items/$ref").asText().substring(1);
      assertThat(document.at(items).get("properties").has("value")).isTrue();
    }
    assertThat(json(scaling.get("/openapi/v2")).get("definitions")).hasSize(6);
  }

  @Test
  void everyMetricCanBeExplained() throws IOException {
    JsonNode paths =
        json(scaling.get("/openapi/v3/apis/external.metrics.k8s.io/v1beta1")).get("paths");

    for (Signal signal : Signal.values()) {
      assertThat(
              paths.has(
                  "/apis/external.metrics.k8s.io/v1beta1/namespaces/{namespace}/"
                      + signal.wireName()))
          .isTrue();
    }
  }
}
