package dev.inferscale.e2e.bed;

import static java.nio.charset.StandardCharsets.UTF_8;
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
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
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
  private final BedNamespace home;

  ManifestsIT(Bed bed, BedNamespace home) {
    this.bed = bed;
    this.home = home;
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
  @ValueSource(strings = {"base", "namespaced", "keda"})
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

  /// Which is KEDA's, and nothing else of `base` goes.
  @Test
  void withKedaAllButTheExternalMetricsApiIsThere() throws IOException {
    List<String> base = names(all("base"));
    List<String> keda = names(all("keda"));

    assertThat(base).contains("APIService v1beta1.external.metrics.k8s.io");
    assertThat(keda)
        .containsAll(
            base.stream()
                .filter(each -> !each.endsWith("v1beta1.external.metrics.k8s.io"))
                .toList())
        .contains("Service inferscale-keda", "NetworkPolicy inferscale-keda")
        .doesNotContain("APIService v1beta1.external.metrics.k8s.io");
    JsonNode container =
        all("keda").stream()
            .filter(each -> each.path("kind").asText().equals("Deployment"))
            .findFirst()
            .orElseThrow()
            .at("/spec/template/spec/containers/0");
    assertThat(container.path("ports").findValuesAsText("name"))
        .containsExactlyInAnyOrder("https", "metrics", "keda", "keda-health");
    assertThat(container.path("volumeMounts").findValuesAsText("mountPath"))
        .contains("/etc/inferscale/config", "/etc/inferscale/keda");
  }

  private static List<String> names(List<JsonNode> documents) {
    return documents.stream()
        .map(each -> each.path("kind").asText() + " " + each.at("/metadata/name").asText())
        .toList();
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
    List<JsonNode> apiServices = every("APIService");

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

  @Test
  void aPlaneStartsWithItsConfiguration() throws Exception {
    try (Started plane = plane()) {
      plane.awaitSaid(Pattern.compile("\"message\":\"metrics API listens"));
      plane.signal("TERM");
      assertThat(plane.status()).isZero();
      assertThat(plane.logged("pools.yaml") - plane.logged("\"message\":\"read\"")).isZero();
    }
  }

  /// As kube-prometheus does: with the token of an account that has the role, by the Service's
  /// name.
  @Test
  void prometheusScrapesWithTheTokenOfAnAccountThatHasTheRole() throws Exception {
    JsonNode role =
        every("ClusterRole").stream()
            .filter(each -> each.at("/metadata/name").asText().equals("inferscale-metrics-reader"))
            .findFirst()
            .orElseThrow();
    home.ofCluster(role.toString());
    home.ofCluster(
        """
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRoleBinding
        metadata: {name: manifests-prometheus}
        roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: inferscale-metrics-reader}
        subjects: [{kind: ServiceAccount, name: prometheus, namespace: %s}]
        """
            .formatted(home.name()));
    String prometheus = token("prometheus");
    String other = token("other");
    try (Started plane = plane("--observation.authentication", "delegated")) {
      NamedServer server = observation(plane);

      // Until the API server's authorizer has seen the binding.
      home.awaitThat("it is answered", () -> server.status("/metrics", prometheus) == 200);

      assertThat(server.page("/metrics", prometheus))
          .contains("Content-Type: text/plain", "\ninferscale_build_info{");
      assertThat(server.page("/metrics", other))
          .startsWith("HTTP/1.1 403")
          .contains("cannot get path \\\"/metrics\\\"");
      assertThat(server.status("/metrics", "")).isEqualTo(403);
      assertThat(server.status("/metrics", prometheus + "x")).isEqualTo(401);
      assertThat(server.status("/api/v1/pools", prometheus)).isEqualTo(403);
      assertThat(server.status("/livez", "")).isEqualTo(200);
      home.awaitThat("it is ready", () -> server.status("/readyz", "") == 200);
    }
  }

  /// With what `kubectl create token` gives and through a port that is forwarded.
  @Test
  void aViewerOfANamespaceSeesItsPoolsAndAnObserverAll() throws Exception {
    for (JsonNode each : every("ClusterRole")) {
      if (each.at("/metadata/name").asText().matches("inferscale-(observation|metrics-view)")) {
        home.ofCluster(each.toString());
      }
    }
    home.ofCluster(
        """
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRoleBinding
        metadata: {name: manifests-observer}
        roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: inferscale-observation}
        subjects: [{kind: ServiceAccount, name: observer, namespace: %s}]
        """
            .formatted(home.name()));
    home.apply(
        """
        apiVersion: rbac.authorization.k8s.io/v1
        kind: RoleBinding
        metadata: {name: viewer}
        roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
        subjects: [{kind: ServiceAccount, name: viewer, namespace: %s}]
        """
            .formatted(home.name()));
    String viewer = token("viewer");
    Path file = Files.writeString(folder.resolve("token"), token("observer"));
    try (Started plane = plane("--observation.authentication", "delegated")) {
      NamedServer server = observation(plane);
      String url = "https://127.0.0.1:" + server.port();
      // There is no such pool, which only somebody who may see it is told.
      String pool = "/api/v1/pools/" + home.name() + "/nope";
      home.awaitThat("the viewer may", () -> server.status(pool, viewer) == 404);
      assertThat(server.status("/api/v1/pools/serving/nope", viewer)).isEqualTo(403);
      assertThat(server.status("/api/v1/pools", viewer)).isEqualTo(403);

      String[] words = {"top", "--once", "--server", url, "--token-file", file.toString()};
      try (Started strict = Started.inferscale(folder, words)) {
        assertThat(strict.status()).isEqualTo(1);
        assertThat(strict.err()).contains("give --insecure-skip-tls-verify");
      }
      words =
          Stream.concat(Stream.of(words), Stream.of("--insecure-skip-tls-verify"))
              .toArray(String[]::new);
      try (Started top = Started.inferscale(folder, words)) {
        assertThat(top.status()).as(top.err()).isZero();
      }
    }
  }

  /// The port that the container, the Service and the policy name is the one that is served.
  @Test
  void thePortForPrometheusIsTheSameEverywhere() throws IOException {
    JsonNode observation =
        new YAMLMapper()
            .readTree(Files.readString(MANIFESTS.resolve("base/plane.yaml")))
            .path("observation");
    JsonNode container = only("Deployment").at("/spec/template/spec/containers/0/ports/1");

    assertThat(container.path("name").asText()).isEqualTo("metrics");
    assertThat(container.path("containerPort")).isEqualTo(observation.path("port"));
    assertThat(only("Service").at("/spec/ports/1/targetPort").asText()).isEqualTo("metrics");
    assertThat(only("NetworkPolicy").at("/spec/ingress/0/ports/1/port").asText())
        .isEqualTo("metrics");
  }

  private String token(String account) {
    home.apply(
        """
        apiVersion: v1
        kind: ServiceAccount
        metadata: {name: %s}
        """
            .formatted(account));
    return bed.kubectl("create", "token", account, "-n", home.name()).strip();
  }

  /// By the authority that the replicas agree on.
  private NamedServer observation(Started plane) {
    int port =
        Integer.parseInt(
            plane
                .awaitSaid(Pattern.compile("\"message\":\"observation listens[^}]*\"port\":(\\d+)"))
                .group(1));
    String encoded =
        home.kube()
            .secrets()
            .inNamespace("inferscale")
            .withName("inferscale-serving")
            .require()
            .getData()
            .get("ca.crt");
    String authority = new String(Base64.getDecoder().decode(encoded), UTF_8);
    return new NamedServer("inferscale.inferscale.svc", port, authority);
  }

  /// On loopback and with the bed's kubeconfig, since no pod runs it here.
  private Started plane(String... flags) throws IOException {
    Path pools = Files.createDirectory(folder.resolve("pools"));
    Files.copy(MANIFESTS.resolve("base/pools.yaml"), pools.resolve("pools.yaml"));
    List<String> words = new ArrayList<>(List.of("serve"));
    words.addAll(List.of("--config", MANIFESTS.resolve("base/plane.yaml").toString()));
    words.addAll(List.of("--pools", pools.toString(), "--drain-timeout", "0s"));
    words.addAll(List.of("--kubernetes.mode", "kubeconfig"));
    words.addAll(List.of("--kubernetes.kubeconfig", bed.kubeconfig().toString()));
    words.addAll(List.of("--adapter.host", "127.0.0.1", "--adapter.port", "0"));
    words.addAll(List.of("--observation.host", "127.0.0.1", "--observation.port", "0"));
    words.addAll(List.of(flags));
    return Started.inferscale(folder, words.toArray(String[]::new));
  }

  private JsonNode only(String kind) throws IOException {
    List<JsonNode> found = every(kind);
    assertThat(found).hasSize(1);
    return found.getFirst();
  }

  private List<JsonNode> every(String kind) throws IOException {
    return all("base").stream().filter(each -> each.path("kind").asText().equals(kind)).toList();
  }

  private List<JsonNode> all(String overlay) throws IOException {
    String text = bed.kubectl("kustomize", MANIFESTS.resolve(overlay).toString());
    YAMLMapper yaml = new YAMLMapper();
    try (var documents = yaml.readerFor(JsonNode.class).<JsonNode>readValues(text)) {
      return documents.readAll();
    }
  }
}
