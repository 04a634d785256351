package dev.inferscale.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// How processes end, seen from outside.
final class ShutdownTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final List<Process> started = new ArrayList<>();

  static ProcessBuilder command(String... args) {
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    words.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx64m"));
    words.addAll(List.of("-cp", System.getProperty("java.class.path")));
    words.add(ExampleProgram.class.getName());
    words.addAll(List.of(args));
    ProcessBuilder builder = new ProcessBuilder(words);
    builder.environment().keySet().removeIf(name -> name.startsWith("INFERSCALE_"));
    return builder;
  }

  @AfterEach
  void endAll() {
    started.forEach(Process::destroyForcibly);
  }

  @Test
  void sigtermDrainsClosesAndExitsWithZero() throws Exception {
    Process process = start();
    BufferedReader out = process.inputReader();
    assertThat(out.readLine()).isEqualTo("started");

    sigterm(process);

    assertThat(out.readLine()).isEqualTo("draining true");
    assertThat(out.readLine()).isEqualTo("closed");
    assertThat(status(process)).isZero();
    assertThat(process.errorReader().lines())
        .hasSize(3)
        .allMatch(line -> line.startsWith("{\"timestamp\":\"") && line.endsWith("}"))
        .anyMatch(line ->
            line.contains("\"message\":\"starting\",\"version\":\"dev\",\"config.port\":\"8000\""));
  }

  @Test
  void theEndOfStandardInputEndsTheProcess() throws Exception {
    Process process = start("--exit-with-stdin");
    assertThat(process.inputReader().readLine()).isEqualTo("started");

    process.getOutputStream().close();

    assertThat(status(process)).isZero();
  }

  @Test
  void aDrainThatHangsDoesNotOutliveStandardInput() throws Exception {
    Process process = start("--exit-with-stdin", "--alias", "stuck");
    assertThat(process.inputReader().readLine()).isEqualTo("started");

    process.getOutputStream().close();

    assertThat(status(process)).isEqualTo(1);
  }

  @Test
  void aChildEndsWhenItsParentIsKilled() throws Exception {
    Process parent = start("parent");
    String line = parent.inputReader().readLine();
    assertThat(line).endsWith(" started");
    ProcessHandle child = ProcessHandle.of(Long.parseLong(line.split(" ", 2)[0])).orElseThrow();

    parent.destroyForcibly();

    await().atMost(LIMIT).until(() -> !child.isAlive());
  }

  @Test
  void threeFaultsGiveThreeLinesAndStatusTwo() throws Exception {
    Process process = start("--port", "70000", "--max-queue=many", "--tiemout", "2s");

    assertThat(status(process)).isEqualTo(2);
    assertThat(process.errorReader().lines())
        .containsExactlyInAnyOrder(
            "example: --port = 70000: must be 0 to 65535",
            "example: --max-queue = many: must be a whole number",
            "example: --tiemout: unknown flag; did you mean --timeout?");
    assertThat(process.inputReader().lines()).isEmpty();
  }

  @Test
  void aStartThatFailsIsOneSentence() throws Exception {
    Process process = start("--alias", "busy", "--log-level", "error");

    assertThat(status(process)).isEqualTo(1);
    assertThat(process.errorReader().lines())
        .containsExactly("example: port 8000 is in use; choose another with --port");
  }

  @Test
  void aBugIsLoggedWithItsStack() throws Exception {
    Process process = start("--alias", "bug", "--log-level", "error");

    assertThat(status(process)).isEqualTo(1);
    assertThat(process.errorReader().lines())
        .singleElement()
        .asString()
        .contains("\"error.message\":\"a bug\"", "\"error.stack\":\"java.lang.IllegalState");
  }

  @Test
  void aProgramMayEndItselfWithItsOwnStatus() throws Exception {
    assertThat(status(start("--alias", "gone"))).isEqualTo(70);
  }

  @Test
  void aDrainThatFailsStillClosesAndExitsWithOne() throws Exception {
    Process process = start("--alias", "fails");
    BufferedReader out = process.inputReader();
    assertThat(out.readLine()).isEqualTo("started");

    sigterm(process);

    assertThat(status(process)).isEqualTo(1);
    assertThat(out.lines()).containsExactly("draining true", "closed");
  }

  @Test
  void aLogThatNobodyReadsStopsNothing() throws Exception {
    Process process = start("--alias", "chatty");
    assertThat(process.inputReader().readLine()).isEqualTo("started");

    sigterm(process);

    assertThat(status(process)).isZero();
  }

  @Test
  void helpAndVersionGoToStandardOutput() throws Exception {
    Process process = start("--help");

    assertThat(status(process)).isZero();
    assertThat(process.inputReader().lines()).contains("example: Waits to be told to stop.");
    assertThat(process.errorReader().lines()).isEmpty();
  }

  private Process start(String... args) throws IOException {
    Process process = command(args).start();
    started.add(process);
    return process;
  }

  /// Not `Process.destroy`, which also closes what the test wants to read.
  private static void sigterm(Process process) {
    assertThat(process.toHandle().destroy()).isTrue();
  }

  private static int status(Process process) throws InterruptedException {
    assertThat(process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    return process.exitValue();
  }
}
