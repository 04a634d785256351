package dev.inferscale.e2e.bed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// Our metrics APIs as a user types them: kubectl, through the real aggregator.
@ExtendWith(BedExtension.class)
final class KubectlIT {
  private static final String WAITING = "inference_requests_waiting";

  private static final String EXTERNAL = "external.metrics.k8s.io";
  private static final String CUSTOM = "custom.metrics.k8s.io";

  @TempDir private static Path folder;

  private static RegisteredAdapter adapter;

  private final Bed bed;
  private final BedNamespace home;

  KubectlIT(Bed bed, BedNamespace home) {
    this.bed = bed;
    this.home = home;
  }

  @BeforeAll
  static void register(Bed bed, BedNamespace home) throws IOException {
    adapter = RegisteredAdapter.start(bed, home, folder);
  }

  @AfterAll
  static void unregister() {
    if (adapter != null) {
      adapter.close();
    }
  }

  @AfterEach
  void clear() {
    ScaledDeployment.clear(home);
    home.clear();
  }

  @Test
  void getPrintsATable() throws IOException {
    try (LiveEngine engine = new LiveEngine().shows("/metrics", 10, 25)) {
      twoPools(engine);

      Golden.assertPrinted(
          "kubectl-get-external.txt",
          bed.kubectl("get", WAITING + "." + EXTERNAL, "-n", home.name()));
      Golden.assertPrinted(
          "kubectl-get-selected.txt",
          bed.kubectl("get", WAITING + "." + EXTERNAL, "-n", home.name(), "-l", "pool=code"));
      Golden.assertPrinted(
          "kubectl-get-raw.txt",
          tree(bed.kubectl("get", "--raw", external("?labelSelector=pool%3Dcode"))).toPrettyString()
              + "\n");
      Golden.assertPrinted(
          "kubectl-get-raw-pods.txt",
          tree(bed.kubectl("get", "--raw", custom("pods/*/" + WAITING))).toPrettyString() + "\n");
      Golden.assertPrinted(
          "kubectl-get-raw-pool.txt",
          tree(bed.kubectl("get", "--raw", custom("modelpools.inferscale.dev/code/" + WAITING)))
                  .toPrettyString()
              + "\n");
    }
  }

  @Test
  void discoveryAndDocumentationAreThere() throws IOException {
    Golden.assertPrinted(
        "kubectl-api-resources-external.txt",
        bed.kubectl("api-resources", "--api-group=" + EXTERNAL, "--no-headers"));
    // kubectl leaves out what has a slash in its name, so custom metrics are looked at as they are.
    assertThat(bed.kubectl("api-resources", "--api-group=" + CUSTOM, "--no-headers")).isEmpty();
    for (String version : List.of("v1beta1", "v1beta2")) {
      String names =
          String.join(
              "\n",
              tree(bed.kubectl("get", "--raw", "/apis/" + CUSTOM + "/" + version))
                  .path("resources")
                  .findValuesAsText("name"));
      Golden.assertPrinted("kubectl-resources-custom.txt", names);
    }
    home.awaitThat(
        "the API server has our OpenAPI",
        () -> bed.kubectl("get", "--raw", "/openapi/v3").contains(EXTERNAL));
    Golden.assertPrinted(
        "kubectl-explain-external.txt", bed.kubectl("explain", WAITING + "." + EXTERNAL));
  }

  /// Case M01: selectors at their edges, of which none may find another pool's items or end in 500.
  @Test
  void selectorsThatFindNothingAreRefusedWithASentence() throws IOException {
    try (LiveEngine engine = new LiveEngine().shows("/metrics", 10, 25)) {
      twoPools(engine);

      StringBuilder said = new StringBuilder();
      for (String selector :
          List.of(
              "pool%3Dnope",
              "pool%3D",
              "model+in+(x,y)",
              "!pool",
              "model%3Dacme%2Fchat-9b",
              "pool%3Da,pool%3Db",
              "pool+in+(chat-9b,code)")) {
        String answer = answer("?labelSelector=" + selector);
        said.append(selector).append("\n  ").append(answer).append('\n');
      }
      Golden.assertPrinted("kubectl-selectors.txt", said.toString());
    }
  }

  /// What kubectl prints, or of which pools it got items.
  private String answer(String query) throws IOException {
    AtomicReference<String> printed = new AtomicReference<>("");
    Throwable refused =
        catchThrowable(() -> printed.set(bed.kubectl("get", "--raw", external(query))));
    if (refused != null) {
      String said = String.valueOf(refused.getMessage());
      return said.substring(said.indexOf("failed: ") + "failed: ".length()).strip();
    }
    return "items of "
        + tree(printed.get()).findValues("metricLabels").stream()
            .map(labels -> labels.path("pool").asText())
            .toList();
  }

  /// Case M03: beside the pod that serves one is evicted, and one is being deleted, which a
  /// finalizer keeps; all three still answer.
  @Test
  void podsThatDoNotServeCountNowhere() throws IOException {
    try (MetricsPages pages = new MetricsPages()) {
      home.apply(document("chat-9b", "acme/chat", pages.port()));
      home.servedBy("chat-9b-0", "chat-9b", pages.show(10));
      home.servedBy("chat-9b-1", "chat-9b", pages.show(100));
      home.servedBy("chat-9b-2", "chat-9b", pages.show(1000));
      finalizers("[\"example.com/hold\"]");
      try {
        home.awaitThat("all three count", () -> served("").equals("1110"));

        patch(
            "chat-9b-1",
            "{\"status\": {\"phase\": \"Failed\", \"reason\": \"Evicted\"}}",
            "status");
        bed.kubectl("delete", "pod", "chat-9b-2", "-n", home.name(), "--wait=false");
        home.awaitThat("one counts", () -> served("").equals("10"));

        assertThat(tree(bed.kubectl("get", "--raw", custom("pods/*/" + WAITING))).path("items"))
            .hasSize(1)
            .first()
            .satisfies(item -> {
              assertThat(item.path("describedObject").path("name").asText()).isEqualTo("chat-9b-0");
              assertThat(item.path("value").asText()).isEqualTo("10");
            });
        JsonNode signal = adapter.plane().signal("chat-9b", WAITING);
        assertThat(signal.path("quality").asText()).isEqualTo("exact");
        assertThat(adapter.plane().coverage("chat-9b")).isEqualTo("1/1");
        assertThat(home.names("chat-9b")).contains("chat-9b-1", "chat-9b-2");
      } finally {
        finalizers("null");
      }
    }
  }

  private void finalizers(String list) {
    patch("chat-9b-2", "{\"metadata\": {\"finalizers\": " + list + "}}", "");
  }

  private void patch(String pod, String patch, String subresource) {
    bed.kubectl(
        "patch",
        "pod",
        pod,
        "--namespace",
        home.name(),
        "--subresource=" + subresource,
        "--type=merge",
        "-p",
        patch);
  }

  /// A Pods metric: the mean over real workers against the target.
  @Test
  void anHpaScalesOnAPodsMetric() {
    home.node("a");
    home.workers("pods-metric", 1);
    home.pool("pods-metric");
    var scaled = new ScaledDeployment(home, "pods-metric");
    scaled.between(
        1,
        4,
        """
          - type: Pods
            pods:
              metric: {name: inference_requests_in_flight}
              target: {type: AverageValue, averageValue: 2}
        """);
    try (HttpClient http = HttpClient.newHttpClient()) {
      var worker = home.oneReady("pods-metric");
      for (int i = 0; i < 5; i++) {
        home.ask(http, worker);
      }

      scaled.awaitReplicas(3);
      http.shutdownNow();
    }
    // With its client the load is gone.
    scaled.awaitReplicas(1);
  }

  /// An Object metric: the pool is the object.
  @Test
  void anHpaScalesOnItsModelPool() throws IOException {
    try (LiveEngine engine = new LiveEngine().shows("/metrics", 35, 25)) {
      pool("code", "acme/chat", engine);
      home.unscheduled("object-metric", 1);
      var scaled = new ScaledDeployment(home, "object-metric");
      scaled.between(
          1,
          10,
          """
            - type: Object
              object:
                describedObject: {apiVersion: inferscale.dev/v1alpha1, kind: ModelPool, name: code}
                metric: {name: inference_requests_waiting}
                target: {type: AverageValue, averageValue: 10}
          """);

      scaled.awaitReplicas(4);
      engine.shows("/metrics", 0, 25);
      scaled.awaitReplicas(1);
    }
  }

  /// Two pools that are measured.
  private void twoPools(LiveEngine engine) {
    pool("chat-9b", "acme/chat-9b", engine);
    pool("code", "acme/chat", engine);
    for (String pool : List.of("chat-9b", "code")) {
      home.awaitThat(
          pool + " is measured", () -> served("?labelSelector=pool%3D" + pool).equals("10"));
    }
  }

  private void pool(String name, String model, LiveEngine engine) {
    home.apply(document(name, model, engine.port()));
    home.servedBy(name, engine.address());
  }

  private static String document(String name, String model, int port) {
    return """
    apiVersion: inferscale.dev/v1alpha1
    kind: ModelPool
    metadata: {name: %1$s}
    spec:
      model: %2$s
      source: {pods: {selector: {matchLabels: {app: %1$s}}, ports: [%3$d]}}
      interval: 1s
    """
        .formatted(name, model, port);
  }

  private String served(String query) throws IOException {
    return tree(bed.kubectl("get", "--raw", external(query)))
        .path("items")
        .path(0)
        .path("value")
        .asText();
  }

  private String external(String query) {
    return "/apis/" + EXTERNAL + "/v1beta1/namespaces/" + home.name() + "/" + WAITING + query;
  }

  private String custom(String object) {
    return "/apis/" + CUSTOM + "/v1beta2/namespaces/" + home.name() + "/" + object;
  }

  private static JsonNode tree(String json) throws IOException {
    return new ObjectMapper().readTree(json);
  }
}
