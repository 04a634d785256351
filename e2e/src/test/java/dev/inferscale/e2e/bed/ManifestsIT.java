package dev.inferscale.e2e.bed;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.inferscale.e2e.SourceTree;
import dev.inferscale.e2e.Started;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// That a genuine API server takes what `kubectl apply -k` sends, and the plane its configuration.
@ExtendWith(BedExtension.class)
final class ManifestsIT {
  private static final Path MANIFESTS = SourceTree.root().resolve("manifests");
  private static final List<String> NAMESPACES = List.of("inferscale", "serving");

  @TempDir private Path folder;
  private final Bed bed;

  ManifestsIT(Bed bed) {
    this.bed = bed;
  }

  /// A dry run makes no namespace that what comes after could be in.
  @BeforeAll
  static void prepare(Bed bed, BedNamespace home) {
    NAMESPACES.forEach(name -> bed.kubectl("create", "namespace", name));
    bed.kubectl(
        "label", "namespace", "inferscale", "pod-security.kubernetes.io/enforce=restricted");
    bed.kubectl("create", "serviceaccount", "inferscale", "--namespace", "inferscale");
    home.awaitThat(
        "its service account is there",
        () ->
            home.kube().serviceAccounts().inNamespace("inferscale").withName("inferscale").get()
                != null);
  }

  @AfterAll
  static void remove(Bed bed) {
    NAMESPACES.forEach(name -> bed.kubectl("delete", "namespace", name));
  }

  @ParameterizedTest
  @ValueSource(strings = {"base", "namespaced"})
  void theApiServerTakesAll(String overlay) {
    String path = MANIFESTS.resolve(overlay).toString();
    long documents =
        bed.kubectl("kustomize", path).lines().filter(line -> line.startsWith("kind:")).count();

    String said = bed.kubectl("apply", "-k", path, "--dry-run=server");

    assertThat(said.lines().filter(line -> line.endsWith("(server dry run)")))
        .hasSize((int) documents);
    // kubectl warns of what the bed itself has made in another way.
    assertThat(said.lines().filter(line -> line.startsWith("Warning")))
        .allMatch(line -> line.contains("last-applied-configuration"));
  }

  /// What a Deployment asks for is only judged when its pods are made: security, priority,
  /// accounts.
  @Test
  void itsPodsAreAdmittedInARestrictedNamespace() throws IOException {
    JsonNode template = only("Deployment").path("spec").path("template");
    ObjectNode pod = new ObjectMapper().createObjectNode();
    pod.put("apiVersion", "v1").put("kind", "Pod");
    pod.putObject("metadata").put("name", "probe").put("namespace", "inferscale");
    pod.set("spec", template.path("spec"));
    Path file = Files.writeString(folder.resolve("pod.json"), pod.toString());

    String said = bed.kubectl("create", "--dry-run=server", "-o", "json", "-f", file.toString());

    JsonNode admitted = new ObjectMapper().readTree(said);
    assertThat(admitted.path("spec").path("priority").asInt()).isEqualTo(2_000_000_000);
  }

  @Test
  void theApiServicesLeadToTheServiceThatTheCertificateIsFor() throws IOException {
    JsonNode service = only("Service");
    JsonNode selfSigned =
        new YAMLMapper()
            .readTree(Files.readString(MANIFESTS.resolve("base/plane.yaml")))
            .path("adapter")
            .path("selfSigned");
    List<JsonNode> apiServices = all("APIService");

    assertThat(apiServices).hasSize(3);
    for (JsonNode each : apiServices) {
      JsonNode leadsTo = each.path("spec").path("service");
      assertThat(leadsTo.path("name")).isEqualTo(service.path("metadata").path("name"));
      assertThat(leadsTo.path("namespace")).isEqualTo(service.path("metadata").path("namespace"));
      assertThat(leadsTo.path("name")).isEqualTo(selfSigned.path("service"));
      assertThat(leadsTo.path("namespace")).isEqualTo(selfSigned.path("namespace"));
      assertThat(leadsTo.path("port")).isEqualTo(service.at("/spec/ports/0/port"));
    }
  }

  /// On loopback and with the bed's kubeconfig, since no pod runs it here.
  @Test
  void aPlaneStartsWithItsConfiguration() throws Exception {
    Path pools = Files.createDirectory(folder.resolve("pools"));
    Files.copy(MANIFESTS.resolve("base/pools.yaml"), pools.resolve("pools.yaml"));
    try (Started plane =
        Started.inferscale(
            folder,
            "serve",
            "--config",
            MANIFESTS.resolve("base/plane.yaml").toString(),
            "--pools",
            pools.toString(),
            "--kubernetes.mode",
            "kubeconfig",
            "--kubernetes.kubeconfig",
            bed.kubeconfig().toString(),
            "--adapter.host",
            "127.0.0.1",
            "--adapter.port",
            "0",
            "--observation.port",
            "0",
            "--drain-timeout",
            "0s")) {
      plane.awaitSaid(Pattern.compile("serving certificate written for all replicas"));
      plane.awaitSaid(Pattern.compile("\"message\":\"metrics API listens"));
      plane.signal("TERM");
      assertThat(plane.status()).isZero();
      assertThat(plane.logged("pools.yaml") - plane.logged("\"message\":\"read\"")).isZero();
    }
  }

  private JsonNode only(String kind) throws IOException {
    List<JsonNode> found = all(kind);
    assertThat(found).hasSize(1);
    return found.getFirst();
  }

  private List<JsonNode> all(String kind) throws IOException {
    String text = bed.kubectl("kustomize", MANIFESTS.resolve("base").toString());
    YAMLMapper yaml = new YAMLMapper();
    try (var documents = yaml.readerFor(JsonNode.class).<JsonNode>readValues(text)) {
      return documents.readAll().stream()
          .filter(each -> each.path("kind").asText().equals(kind))
          .toList();
    }
  }
}
