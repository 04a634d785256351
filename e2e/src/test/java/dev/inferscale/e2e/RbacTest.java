package dev.inferscale.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.inferscale.app.plane.PlaneConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The rights that the manifests give, and no others.
final class RbacTest {
  private static final Path FOLDER = SourceTree.root().resolve("manifests/base/rbac");

  @ParameterizedTest
  @ValueSource(strings = {"reader", "scaled-object-reader", "status-writer", "event-writer"})
  void oneNamespaceGivesTheSameRightsAsAllOfThem(String name) throws IOException {
    JsonNode all = only(documents(name + ".yaml"), "ClusterRole");
    JsonNode one = only(documents("namespaced/" + name + ".yaml"), "Role");

    assertThat(one.path("rules")).isNotEmpty().isEqualTo(all.path("rules"));
    assertThat(documents("namespaced/" + name + ".yaml"))
        .as("must be given in the namespace that kubectl is told")
        .allSatisfy(document -> assertThat(document.at("/metadata/namespace").asText()).isEmpty());
  }

  @Test
  void writersHaveOnlyTheVerbsThatTheyUse() throws IOException {
    assertThat(rights("status-writer.yaml")).containsExactly("patch modelpools/status");
    assertThat(rights("event-writer.yaml")).containsExactly("create,patch events");
    assertThat(rights("lease.yaml")).containsExactly("get,update leases inferscale-writer");
    assertThat(rights("serving-certificate.yaml"))
        .containsExactly("create secrets", "get,update secrets inferscale-serving");
    assertThat(rights("ca-bundle-writer.yaml"))
        .containsExactly(
            "get,patch apiservices v1beta1.external.metrics.k8s.io,"
                + "v1beta1.custom.metrics.k8s.io,v1beta2.custom.metrics.k8s.io");
    assertThat(rights("api-service-reader.yaml"))
        .containsExactly(
            "list,watch apiservices v1beta1.external.metrics.k8s.io,"
                + "v1beta1.custom.metrics.k8s.io,v1beta2.custom.metrics.k8s.io");
    assertThat(rights("scaled-object-reader.yaml"))
        .containsExactly("list,watch scaledobjects,scaledjobs");
    assertThat(rights("reader.yaml"))
        .allMatch(right -> right.matches("(list,watch (modelpools|pods)|get [a-z,/]+/scale)"));
  }

  @Test
  void toKnowItsCallersItIsGivenKubernetesOwnRolesAndNoOthers() throws IOException {
    assertThat(documents("auth-delegator.yaml"))
        .allMatch(document -> document.path("kind").asText().endsWith("Binding"))
        .extracting(document -> document.at("/roleRef/name").asText())
        .containsExactly("system:auth-delegator", "extension-apiserver-authentication-reader");
  }

  @Test
  void whoReadsMetricsMayOnlyRead() throws IOException {
    assertThat(
            documents("metrics-readers.yaml").stream()
                .flatMap(document -> elements(document.path("rules"))))
        .isNotEmpty()
        .allMatch(rule -> words(rule, "verbs").matches("get(,list)?"));
  }

  @Test
  void whoTellsOfDemandMayDoNothingElse() throws IOException {
    assertThat(documents("demand.yaml"))
        .singleElement()
        .satisfies(document -> {
          assertThat(document.at("/rules/0/nonResourceURLs/0").asText())
              .isEqualTo("/api/v1/demand");
          assertThat(document.at("/rules/0/verbs/0").asText()).isEqualTo("post");
          assertThat(document.path("rules")).hasSize(1);
        });
  }

  @Test
  void secretsAreReadByNameAndInTwoManifestsAlone() throws IOException {
    assertThat(rights("namespaced/secret-reader.yaml"))
        .containsExactly("get secrets engine-ca,engine-token");
    List<String> giving = new ArrayList<>();
    try (Stream<Path> manifests = Files.walk(FOLDER)) {
      for (Path file : manifests.filter(Files::isRegularFile).toList()) {
        String name = FOLDER.relativize(file).toString();
        if (rights(name).stream().anyMatch(right -> right.contains("secrets"))) {
          giving.add(name);
        }
      }
    }
    assertThat(giving)
        .containsExactlyInAnyOrder("namespaced/secret-reader.yaml", "serving-certificate.yaml");
  }

  @Test
  void theLeaseIsTheOneThatThePlaneLooksFor() throws IOException {
    JsonNode lease = only(documents("lease.yaml"), "Lease");
    var configured = PlaneConfig.defaults().act().lease();

    assertThat(lease.at("/metadata/name").asText()).isEqualTo(configured.name());
    assertThat(lease.at("/metadata/namespace").asText()).isEqualTo(configured.namespace());
  }

  private static List<String> rights(String file) throws IOException {
    return documents(file).stream()
        .flatMap(document -> elements(document.path("rules")))
        .map(rule ->
            Stream.of(words(rule, "verbs"), words(rule, "resources"), words(rule, "resourceNames"))
                .filter(words -> !words.isEmpty())
                .reduce((a, b) -> a + " " + b)
                .orElseThrow())
        .toList();
  }

  private static String words(JsonNode rule, String key) {
    return String.join(",", elements(rule.path(key)).map(JsonNode::asText).toList());
  }

  private static Stream<JsonNode> elements(JsonNode list) {
    return list.valueStream();
  }

  private static JsonNode only(List<JsonNode> documents, String kind) {
    return documents.stream()
        .filter(document -> document.path("kind").asText().equals(kind))
        .findFirst()
        .orElseThrow();
  }

  private static List<JsonNode> documents(String file) throws IOException {
    YAMLMapper yaml = new YAMLMapper();
    try (var values =
        yaml.readerFor(JsonNode.class)
            .<JsonNode>readValues(
                new YAMLFactory().createParser(Files.readString(FOLDER.resolve(file))))) {
      return values.readAll();
    }
  }
}
