package dev.inferscale.e2e.bed;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.inferscale.e2e.SourceTree;
import dev.inferscale.e2e.Started;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A KEDA before 2.17, which knows whole numbers only: its own client of 2.16.1, in Go, at a plane.
final class IntOnlyKedaIT {
  private static final String NAMESPACE = "serving";
  private static final String WAITING = "inference_requests_waiting";

  @TempDir private static Path folder;

  private static LiveEngine engine;
  private static PlaneOnBed plane;
  private static Path client;

  @BeforeAll
  static void start() throws Exception {
    client = built();
    engine = new LiveEngine().shows("/metrics", 8, 25);
    Path pools =
        Files.writeString(
            folder.resolve("pools.yaml"),
            """
            apiVersion: inferscale.dev/v1alpha1
            kind: ModelPool
            metadata: {name: chat, namespace: %s}
            spec:
              model: acme/chat
              source: {endpoints: ["http://%s:%d/metrics"]}
              interval: 1s
            """
                .formatted(NAMESPACE, engine.address(), engine.port()),
            UTF_8);
    plane =
        PlaneOnBed.ofFiles(pools, NAMESPACE, folder, "--keda.port", "0", "--keda.health-port", "0");
    Awaitility.await("the pool is measured")
        .atMost(Started.LIMIT)
        .until(() -> plane.value("chat", "inference_generation_tokens_per_second") > 0);
  }

  @AfterAll
  static void stop() throws IOException {
    if (plane != null) {
      plane.close();
    }
    if (engine != null) {
      engine.close();
    }
  }

  @Test
  void aCountIsTheNumberItself() throws Exception {
    JsonNode said = ask(WAITING, "2");

    assertThat(said.path("metric").asText()).isEqualTo(WAITING);
    assertThat(said.path("target").asLong()).isEqualTo(2);
    assertThat(said.path("value").asLong()).isEqualTo(8);
    assertThat(said.path("active").asBoolean()).isTrue();
  }

  @Test
  void aTargetThatIsAFractionIsNoZeroAndKeepsItsProportionToTheValue() throws Exception {
    JsonNode said = ask(WAITING, "500m");

    assertThat(said.path("target").asLong()).isPositive();
    assertThat(ratio(said)).isEqualTo(16);
  }

  @Test
  void aRateKeepsItsProportionToTheTarget() throws Exception {
    JsonNode said = ask("inference_generation_tokens_per_second", "0.3");

    assertThat(ratio(said))
        .isCloseTo(
            LiveEngine.TOKENS_PER_SECOND / 0.3, within(0.2 * LiveEngine.TOKENS_PER_SECOND / 0.3));
  }

  private static double ratio(JsonNode said) {
    return said.path("value").asDouble() / said.path("target").asLong();
  }

  private static JsonNode ask(String signal, String target) throws Exception {
    return new ObjectMapper()
        .readTree(
            run(
                folder,
                client.toString(),
                "--address=127.0.0.1:" + plane.keda(),
                "--namespace=" + NAMESPACE,
                "--pool=chat",
                "--signal=" + signal,
                "--target=" + target));
  }

  private static Path built() throws Exception {
    Path program = folder.resolve("keda216");
    run(
        SourceTree.root().resolve("e2e/testbed/keda216"),
        "go",
        "build",
        "-trimpath",
        "-mod=readonly",
        "-o",
        program.toString(),
        ".");
    return program;
  }

  private static String run(Path in, String... words) throws Exception {
    Process process =
        new ProcessBuilder(List.of(words))
            .directory(in.toFile())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(String.join(" ", words)).isZero();
    return said;
  }
}
