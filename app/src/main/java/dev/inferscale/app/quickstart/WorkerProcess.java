package dev.inferscale.app.quickstart;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// One inference worker as a child process. Its standard input is a pipe that we hold: the worker
/// ends when the pipe closes, so it cannot outlive us.
final class WorkerProcess implements AutoCloseable {
  private static final Duration GRACE = Duration.ofMillis(1500);

  private final Process process;
  private final URI address;
  private final Path log;

  private WorkerProcess(Process process, URI address, Path log) {
    this.process = process;
    this.address = address;
    this.log = log;
  }

  /// Starts `LAUNCHER worker` on that loopback port; what it logs goes to a file.
  static WorkerProcess start(Path launcher, int port, Path log) throws IOException {
    List<String> command =
        List.of(
            launcher.toString(),
            "worker",
            "--port",
            String.valueOf(port),
            "--served-model-name",
            Quickstart.MODEL,
            "--threads",
            "1",
            "--max-running",
            "4",
            "--kv-cache-tokens",
            "4096",
            "--exit-with-stdin");
    Process process =
        new ProcessBuilder(command)
            .redirectInput(ProcessBuilder.Redirect.PIPE)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(log.toFile())
            .start();
    return new WorkerProcess(process, URI.create("http://127.0.0.1:" + port), log);
  }

  URI address() {
    return address;
  }

  URI metrics() {
    return address.resolve("/metrics");
  }

  /// Waits until the worker says that it is ready.
  ///
  /// @throws IOException one sentence, when it ended or is not ready in time
  void awaitReady(HttpClient http, Duration patience) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + patience.toNanos();
    HttpRequest ready =
        HttpRequest.newBuilder(address.resolve("/readyz")).timeout(Duration.ofSeconds(1)).build();
    while (!answers(http, ready)) {
      if (process.waitFor(50, TimeUnit.MILLISECONDS)) {
        throw new IOException(
            "the worker on "
                + address
                + " ended with code "
                + process.exitValue()
                + "; see "
                + log);
      }
      if (System.nanoTime() > deadline) {
        throw new IOException(
            "the worker on "
                + address
                + " was not ready within "
                + patience.toSeconds()
                + " s; see "
                + log);
      }
    }
  }

  private static boolean answers(HttpClient http, HttpRequest ready) throws InterruptedException {
    try {
      return http.send(ready, BodyHandlers.discarding()).statusCode() == 200;
    } catch (IOException _) {
      return false; // not listening yet
    }
  }

  /// Asks it to end; [#close] waits for it.
  void end() {
    process.destroy();
  }

  @Override
  public void close() {
    end();
    try {
      if (!process.waitFor(GRACE.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException _) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
