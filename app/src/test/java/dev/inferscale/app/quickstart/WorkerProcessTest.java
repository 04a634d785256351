package dev.inferscale.app.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Children that are shell scripts: what counts is how they start and end.
final class WorkerProcessTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  @TempDir private Path folder;

  @Test
  void aWorkerThatEndsInsteadOfServingIsSaidWithItsLog() throws Exception {
    Path log = folder.resolve("worker.log");
    try (HttpClient http = HttpClient.newHttpClient();
        WorkerProcess worker =
            WorkerProcess.start(script("echo no model >&2; exit 3"), unusedPort(), log)) {
      assertThatThrownBy(() -> worker.awaitReady(http, LIMIT))
          .isInstanceOf(IOException.class)
          .hasMessage("the worker on " + worker.address() + " ended with code 3; see " + log);
    }
    assertThat(log).hasContent("no model");
  }

  @Test
  void aWorkerThatIsNeverReadyIsGivenUp() throws Exception {
    Path log = folder.resolve("worker.log");
    try (HttpClient http = HttpClient.newHttpClient();
        WorkerProcess worker = WorkerProcess.start(script("exec cat"), unusedPort(), log)) {
      assertThatThrownBy(() -> worker.awaitReady(http, Duration.ZERO))
          .hasMessageContaining("was not ready within 0 s; see " + log);
    }
  }

  @Test
  void aClosedWorkerIsGoneAndWasToldHowToServe() throws Exception {
    Path told = folder.resolve("told");
    Path log = folder.resolve("worker.log");
    String script = "echo $$ > " + told + ".pid; echo \"$@\" > " + told + "; exec cat";
    try (WorkerProcess worker = WorkerProcess.start(script(script), 8123, log)) {
      await().atMost(LIMIT).until(() -> Files.exists(told) && Files.size(told) > 0);
      assertThat(worker.metrics()).hasToString("http://127.0.0.1:8123/metrics");
    }

    assertThat(told).content().startsWith("worker --port 8123 ").endsWith("--exit-with-stdin\n");
    long pid = Long.parseLong(Files.readString(Path.of(told + ".pid")).trim());
    await().atMost(LIMIT).until(() -> ProcessHandle.of(pid).isEmpty());
  }

  private Path script(String body) throws IOException {
    Path script = folder.resolve("launcher");
    Files.writeString(script, "#!/bin/sh\n" + body + "\n");
    return Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
  }

  private static int unusedPort() {
    return 1;
  }
}
