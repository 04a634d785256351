package dev.inferscale.e2e.bed;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.inferscale.e2e.Started;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// What planes write to Kubernetes, with no more rights than the manifests give.
@ExtendWith(BedExtension.class)
final class StatusIT {
  private static final Pattern OBSERVATION =
      Pattern.compile("\"message\":\"observation listens[^}]*\"port\":(\\d+)");

  @TempDir private static Path folder;

  private final Bed bed;
  private final BedNamespace home;

  StatusIT(Bed bed, BedNamespace home) {
    this.bed = bed;
    this.home = home;
  }

  @BeforeAll
  static void prepare(Bed bed, BedNamespace home) throws IOException {
    PlaneAccount account = new PlaneAccount(bed, home);
    for (String file :
        List.of(
            "lease.yaml",
            "namespaced/reader.yaml",
            "namespaced/status-writer.yaml",
            "namespaced/event-writer.yaml")) {
      account.grant(file);
    }
    home.node("a");
    home.workers("chat", 2);
    home.awaitThat("two workers are ready", () -> home.ready("chat").size() == 2);
  }

  @Test
  void kubectlShowsThatAPoolWorks() throws Exception {
    home.pool("chat");
    try (Started plane = plane("--act.status", "true", "--act.events", "true")) {
      awaitCondition("chat", "Ready", "True Serving");
      home.awaitThat("both targets are up", () -> kubectl("get", "mp").contains("2/2"));

      List<String> lines = kubectl("get", "mp", "chat").lines().toList();
      assertThat(List.of(lines.get(0).split("\\s{2,}")))
          .startsWith("NAME", "READY", "TARGETS", "ENGINE");
      assertThat(List.of(lines.get(1).split("\\s+")))
          .startsWith("chat", "True", "2/2", "inference-worker");
      assertThat(field("chat", "{.status.observedGeneration}"))
          .isEqualTo(field("chat", "{.metadata.generation}"));

      // Nobody answers any more, and somebody does again.
      home.kube().apps().deployments().inNamespace(home.name()).withName("chat").scale(0);
      home.awaitThat("the pool is not ready", () -> condition("chat", "Ready").startsWith("False"));
      home.kube().apps().deployments().inNamespace(home.name()).withName("chat").scale(2);
      awaitCondition("chat", "Ready", "True Serving");
      home.awaitThat(
          "both were told",
          () ->
              events("chat").matches("(?s).*Warning\\s+NotReady\\s.*")
                  && events("chat").matches("(?s).*Normal\\s+Ready\\s.*"));
      stop(plane);
    }
  }

  @Test
  void theLoadOfRealWorkersShowsWhenItBeginsAndWhenItEnds() throws Exception {
    home.pool("chat");
    try (Started plane = plane("--act.status", "true");
        HttpClient http = HttpClient.newHttpClient()) {
      awaitCondition("chat", "Ready", "True Serving");
      home.awaitThat("nothing is in flight", () -> inFlight().equals("0"));

      long asked = System.nanoTime();
      home.ask(http, home.oneReady("chat"));
      home.awaitThat("tokens are in flight", () -> !inFlight().equals("0"));
      System.out.printf(
          "from a request to kubectl get mp: %d ms%n", (System.nanoTime() - asked) / 1_000_000);
      assertThat(kubectl("get", "mp", "chat").lines().skip(1))
          .singleElement()
          .asString()
          .contains(inFlight());

      http.shutdownNow();
      home.awaitThat("nothing is in flight again", () -> inFlight().equals("0"));
      stop(plane);
    }
  }

  private String inFlight() {
    return field("chat", "{.status.values[?(@.signal==\"inference_tokens_in_flight\")].value}");
  }

  @Test
  void aBadSpecIsToldAndForgottenWhenItIsMended() throws Exception {
    pool("mended");
    pool("bad", "engine: vlm");
    try (Started plane = plane("--act.status", "true", "--act.events", "true")) {
      awaitCondition("mended", "Ready", "True Serving");
      awaitCondition("bad", "Ready", "False BadSpec");
      assertThat(message("bad", "Ready")).contains("spec.engine: ", "did you mean vllm?");

      pool("mended", "engine: vlm");
      awaitCondition("mended", "Degraded", "True BadSpec");
      assertThat(condition("mended", "Ready")).isEqualTo("True Serving");
      assertThat(field("mended", "{.status.observedGeneration}")).isEqualTo("2");
      home.awaitThat("it was told", () -> events("mended").contains("BadSpec"));

      pool("mended");
      awaitCondition("mended", "Degraded", "False AsExpected");
      assertThat(field("mended", "{.status.observedGeneration}")).isEqualTo("3");
      stop(plane);
    }
  }

  @Test
  void ofTwoPlanesOneWritesAndTheOtherFollowsWhenThatIsKilled() throws Exception {
    pool("first");
    try (Started one = plane("--act.status", "true");
        Started two = plane("--act.status", "true")) {
      awaitCondition("first", "Ready", "True Serving");
      home.awaitThat("one leads", () -> leader(one) + leader(two) == 1);
      Started leader = leader(one) == 1 ? one : two;
      Started other = leader == one ? two : one;
      assertThat(written(leader)).isPositive();
      assertThat(written(other)).isZero();

      leader.signal("KILL");
      pool("second");
      awaitCondition("second", "Ready", "True Serving");

      assertThat(leader(other)).isEqualTo(1);
      assertThat(written(other)).isPositive();
      stop(other);
    }
  }

  @Test
  void withoutTheApiServerValuesFlowOnAndWritingGoesOnAfterwards() throws Exception {
    pool("outage");
    try (Started plane = plane("--act.status", "true")) {
      awaitCondition("outage", "Ready", "True Serving");
      bed.killApiServer();
      home.awaitThat("it leads no more", () -> leader(plane) == 0);
      assertThat(metric(plane, "inferscale_snapshot_age_seconds")).isLessThan(5);
      assertThat(page(plane)).containsPattern("inference_requests_running\\{[^}]*\"outage\"");

      bed.startApiServer();
      pool("after");
      awaitCondition("after", "Ready", "True Serving");
      assertThat(leader(plane)).isEqualTo(1);
      assertThat(plane.logged("cannot be held")).isEqualTo(1);
      stop(plane);
    }
  }

  @Test
  void aDryRunPrintsWhatItWouldWriteAndWritesNothing() throws Exception {
    pool("dry");
    try (Started plane =
        plane("--act.status", "true", "--act.events", "true", "--act.dry-run", "true")) {
      String name = "\"name\":\"dry\"";
      await()
          .atMost(Started.LIMIT)
          .until(() ->
              plane
                  .out()
                  .lines()
                  .anyMatch(line -> line.contains(name) && line.contains("\"True\"")));

      JsonNode line =
          new ObjectMapper()
              .readTree(plane.out().lines().filter(each -> each.contains(name)).findFirst().get());
      assertThat(line.path("method").asText()).isEqualTo("PATCH");
      assertThat(line.path("body").path("status").has("conditions")).isTrue();
      assertThat(field("dry", "{.status}")).isEmpty();
      assertThat(field("dry", "{.metadata.managedFields[*].manager}")).doesNotContain("inferscale");
      assertThat(metric(plane, "inferscale_leader")).isZero();
      stop(plane);
    }
  }

  @Test
  void aMissingRoleIsOneSentenceThatNamesTheManifest() throws Exception {
    home.kube()
        .rbac()
        .roleBindings()
        .inNamespace(home.name())
        .withName("inferscale-status-writer")
        .delete();
    pool("forbidden");
    try (Started plane = plane("--act.status", "true")) {
      plane.awaitSaid(
          Pattern.compile(
              "the plane may not patch the status of modelpools in namespace "
                  + home.name()
                  + "; manifests/base/rbac/status-writer.yaml grants it"));
      home.awaitThat(
          "it tries again",
          () ->
              metric(plane, "inferscale_writes_total{outcome=\"forbidden\",writer=\"status\"}")
                  > 2);
      assertThat(plane.logged("status-writer.yaml grants it")).isEqualTo(1);

      account().grant("namespaced/status-writer.yaml");
      awaitCondition("forbidden", "Ready", "True Serving");
      stop(plane);
    }
  }

  @Test
  void aPoolThatIsDeletedLeavesNoFaults() throws Exception {
    pool("gone");
    try (Started plane = plane("--act.status", "true", "--act.events", "true")) {
      awaitCondition("gone", "Ready", "True Serving");
      kubectl("delete", "mp", "gone");
      pool("stays");
      awaitCondition("stays", "Ready", "True Serving");

      pool("gone");
      awaitCondition("gone", "Ready", "True Serving");
      assertThat(field("gone", "{.status.observedGeneration}")).isEqualTo("1");
      for (String outcome : List.of("refused", "unreachable", "forbidden")) {
        for (String writer : List.of("status", "events")) {
          String name =
              "inferscale_writes_total{outcome=\"%s\",writer=\"%s\"}".formatted(outcome, writer);
          assertThat(metric(plane, name)).as(name).isZero();
        }
      }
      assertThat(plane.logged("cannot be written")).isZero();
      stop(plane);
    }
  }

  /// One plane as the ServiceAccount of the manifests.
  private Started plane(String... flags) throws IOException {
    List<String> words = new ArrayList<>();
    words.addAll(
        List.of("serve", "--kubernetes.kubeconfig", account().kubeconfig(folder).toString()));
    words.addAll(List.of("--kubernetes.namespaces", home.name()));
    words.addAll(List.of("--observation.port", "0", "--adapter.port", "0"));
    words.addAll(List.of("--act.lease.namespace", home.name()));
    words.addAll(List.of(flags));
    return Started.inferscale(folder, words.toArray(String[]::new));
  }

  private PlaneAccount account() throws IOException {
    return new PlaneAccount(bed, home);
  }

  /// The end in good order, which gives the lease up.
  private static void stop(Started plane) throws IOException, InterruptedException {
    plane.signal("TERM");
    assertThat(plane.status()).isZero();
  }

  private void pool(String name, String... lines) {
    home.apply(
        """
        apiVersion: inferscale.dev/v1alpha1
        kind: ModelPool
        metadata: {name: %s}
        spec:
          model: tiny
          source: {pods: {selector: {matchLabels: {app: chat}}, ports: [8000]}}
          interval: 1s
          %s
        """
            .formatted(name, String.join("\n  ", lines)));
  }

  private String kubectl(String... words) {
    String[] all = new String[words.length + 2];
    all[0] = "-n";
    all[1] = home.name();
    System.arraycopy(words, 0, all, 2, words.length);
    return bed.kubectl(all);
  }

  private String field(String pool, String path) {
    return kubectl("get", "mp", pool, "-o", "jsonpath=" + path);
  }

  private String condition(String pool, String type) {
    String one = ".status.conditions[?(@.type==\"" + type + "\")]";
    return field(pool, "{" + one + ".status} {" + one + ".reason}");
  }

  private String message(String pool, String type) {
    return field(pool, "{.status.conditions[?(@.type==\"" + type + "\")].message}");
  }

  private void awaitCondition(String pool, String type, String wanted) {
    home.awaitThat(pool + " is " + type + " " + wanted, () -> condition(pool, type).equals(wanted));
  }

  private String events(String pool) {
    return kubectl("get", "events", "--field-selector", "involvedObject.name=" + pool);
  }

  private static double leader(Started plane) throws IOException {
    return metric(plane, "inferscale_leader");
  }

  private static double written(Started plane) throws IOException {
    return metric(plane, "inferscale_writes_total{outcome=\"written\",writer=\"status\"}");
  }

  private static double metric(Started plane, String name) throws IOException {
    return page(plane)
        .lines()
        .filter(line -> line.startsWith(name + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
        .findFirst()
        .orElseThrow(() -> new AssertionError(name + " is not on the page"));
  }

  private static String page(Started plane) throws IOException {
    MatchResult port = plane.awaitSaid(OBSERVATION);
    URI page = URI.create("http://127.0.0.1:" + port.group(1) + "/metrics");
    try (InputStream in = page.toURL().openStream()) {
      return new String(in.readAllBytes(), UTF_8);
    }
  }
}
