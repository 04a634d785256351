package dev.inferscale.app.operate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import dev.inferscale.app.plane.Plane;
import dev.inferscale.app.plane.PlaneConfig;
import dev.inferscale.launch.MonotonicTime;
import dev.inferscale.signals.pool.PoolsFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/// The commands as a person types them, against a plane over an engine that shows one page for
/// ever.
class PlaneCommandsTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final String PAGE = "/dev/inferscale/signals/profile/vllm-loaded.prom";

  private static HttpServer engine;
  private static Plane plane;

  /// What one command line gave.
  private record Run(int status, String out, String err) {}

  @BeforeAll
  static void start() throws IOException {
    byte[] page;
    try (InputStream in = PlaneCommandsTest.class.getResourceAsStream(PAGE)) {
      page = Objects.requireNonNull(in).readAllBytes();
    }
    engine = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    engine.createContext(
        "/metrics",
        exchange -> {
          exchange.sendResponseHeaders(200, page.length);
          exchange.getResponseBody().write(page);
          exchange.close();
        });
    engine.start();
    String pools =
        """
        apiVersion: inferscale.dev/v1alpha1
        kind: ModelPool
        metadata: {name: chat-8b, namespace: serving}
        spec:
          model: meta-llama/Llama-3.1-8B-Instruct
          source: {endpoints: ["http://127.0.0.1:%1$d/metrics"]}
          interval: 1s
          scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: chat-8b}
          traffic: bursty
          objectives: {timeToFirstToken: 2s}
          capacity: {coldStart: 90s, minReplicas: 2, maxReplicas: 12}
        ---
        apiVersion: inferscale.dev/v1alpha1
        kind: ModelPool
        metadata: {name: loose, namespace: serving}
        spec:
          model: meta-llama/Llama-3.1-8B-Instruct
          source: {endpoints: ["http://127.0.0.1:%1$d/metrics"]}
        """
            .formatted(engine.getAddress().getPort());
    plane =
        Plane.start(
            PlaneConfig.defaults().onPorts(0, 0),
            PoolsFile.parse(pools).pools(),
            "test",
            new MonotonicTime());
    await()
        .atMost(LIMIT)
        .untilAsserted(() -> {
          Run run = run(new TopCommand(), "--once");
          assertThat(run.out() + run.err()).contains("serving/chat-8b").contains("51,226");
        });
  }

  @AfterAll
  static void end() {
    plane.close();
    engine.stop(0);
  }

  @Test
  void topShowsEachPoolInOneLine() {
    Run run = run(new TopCommand(), "--once");
    assertThat(run.status()).isZero();
    List<String> lines = run.out().lines().toList();
    assertThat(lines).hasSize(3);
    assertThat(lines.getFirst()).startsWith("POOL").contains("TOKENS", "QUEUE WAIT", "TARGETS");
    assertThat(lines.get(1)).startsWith("serving/chat-8b").contains("51,226").contains("1/1");
  }

  @Test
  void topGivesJsonToPrograms() throws IOException {
    Run run = run(new TopCommand(), "--output", "json");
    assertThat(new ObjectMapper().readTree(run.out()).path("pools")).hasSize(2);
  }

  @Test
  void anHpaIsMadeOfThePoolAndOfWhatWasMeasured() {
    Run run = run(new HpaCommand(), "--pool", "serving/chat-8b");
    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();
    assertThat(run.out())
        .contains("# for bursty traffic of the pool serving/chat-8b\n")
        .contains("  minReplicas: 2\n")
        .contains("  maxReplicas: 12\n")
        .contains("50 % of the KV cache measured per replica\n")
        .contains("target: {type: Value, value: 1000m}\n")
        .contains("  # for a cold start of 90 s\n");
    assertThat(
            run(
                    new HpaCommand(),
                    "--pool",
                    "serving/chat-8b",
                    "--traffic",
                    "batch",
                    "--tokens",
                    "9000")
                .out())
        .contains("averageValue: \"9000\"")
        .doesNotContain("inference_queue_wait_seconds");
  }

  @Test
  void explainShowsHowEachSignalComesAbout() {
    Run run = run(new ExplainCommand(), "chat-8b", "-n", "serving");
    assertThat(run.status()).isZero();
    assertThat(run.out())
        .startsWith("pool serving/chat-8b: model meta-llama/Llama-3.1-8B-Instruct, engine vllm\n")
        .contains("inference_tokens_running: 50336 tokens\n  quality   derived")
        .contains("  targets   1 of 1, fold: sum\n")
        .containsPattern(
            "  sample    127\\.0\\.0\\.1:\\d+\\S*, \\d+\\.\\d s ago: tokens_running 50336 -> 50336\n")
        .containsPattern(
            "  sample    \\S+, \\S+ s ago: prompt_tokens_total \\d+, prompt_tokens_per_second 0 -> 0\n")
        .contains("  served as 50336; an HPA divides it by the replicas (AverageValue)\n")
        .contains("inference_queue_oldest_seconds: no value (absent)\n  because   vLLM");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "hpa | --pool serving/nope | 1 | /api/v1/pools has all 2; nearest: serving/loose",
        "hpa | --pool serving/loose | 1 | add spec.scaleTargetRef",
        "hpa | --pool a/b/c | 2 | must be NAMESPACE/POOL",
        "hpa | --pool serving/chat-8b --traffic mixed | 2 | --traffic mixed must be steady, bursty or batch",
        "hpa | --pool serving/chat-8b --tokens 0 | 2 | --tokens 0 must be 1 to 1000000000",
        "top | --every 0 | 2 | --every 0 must be 1 to 60 seconds",
        "top | --once --server http://127.0.0.1:1 | 1 | no plane answers at http://127.0.0.1:1; start one",
        "top | --once --token-file /nowhere | 1 | --token-file needs an https URL as --server, not http://",
        "top | --once --server https://127.0.0.1:1 --token-file /nowhere | 1 | --token-file /nowhere cannot be read",
        "top | --once --server https://127.0.0.1:1 --token-file /dev/null | 1 | --token-file /dev/null must hold one token",
        "explain | UPPER | 2 | must be NAMESPACE/POOL",
        "explain | hpa/x --kubeconfig /nowhere | 1 | --kubeconfig /nowhere cannot be read",
        "doctor | --kubeconfig /nowhere | 1 | --kubeconfig /nowhere cannot be read",
      })
  void whatCannotBeDoneIsSaidInOneSentence(
      String command, String arguments, int status, String said) {
    Callable<Integer> asked =
        switch (command) {
          case "hpa" -> new HpaCommand();
          case "top" -> new TopCommand();
          case "explain" -> new ExplainCommand();
          default -> new DoctorCommand();
        };
    Run run = run(asked, arguments.split(" "));
    assertThat(run.err()).contains(said);
    assertThat(run.status()).isEqualTo(status);
    assertThat(run.out()).isEmpty();
  }

  private static Run run(Callable<Integer> command, String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    if (!(command instanceof DoctorCommand) && !all.contains("--server")) {
      all.addAll(List.of("--server", plane.observation().toString()));
    }
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int status =
        new CommandLine(command)
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(err, true))
            .execute(all.toArray(String[]::new));
    return new Run(status, out.toString(), err.toString());
  }
}
