package dev.inferscale.e2e.bed;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;

/// KEDA's side of the contract as a load, in a process of its own: the Go program `polls` of the
/// test bed, which asks through KEDA's own generated client. It ends with [#close], and with this
/// process.
final class KedaPolls implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Process process;
  private final BufferedWriter commands;
  private final BufferedReader answers;

  private KedaPolls(Process process) {
    this.process = process;
    this.commands = process.outputWriter(UTF_8);
    this.answers = process.inputReader(UTF_8);
  }

  /// One that has not connected yet.
  ///
  /// @param port of the scaler, on loopback
  /// @param namespace of all ScaledObjects
  /// @param pools that there are, `pool-0` and so on
  static KedaPolls of(int port, String namespace, int pools) throws IOException {
    return new KedaPolls(
        new ProcessBuilder(
                Bed.programs("keda").resolve("polls").toString(),
                "--address=127.0.0.1:" + port,
                "--namespace=" + namespace,
                "--pools=" + pools)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start());
  }

  /// What a load came to; times in milliseconds.
  ///
  /// @param words that streams brought meanwhile
  /// @param poll of three calls, from the moment at which it was due
  record Outcome(int calls, int words, Times call, Times poll) {}

  /// Quantiles, in milliseconds.
  record Times(double p50, double p99) {
    private static Times of(JsonNode line, String of) {
      return new Times(
          line.path(of + "P50").asDouble() / 1_000, line.path(of + "P99").asDouble() / 1_000);
    }
  }

  /// Opens streams until there are so many, and waits until each has said something.
  void streams(int count) throws IOException {
    JsonNode line = answer("streams " + count);
    if (line.path("streams").asInt() != count) {
      throw new IllegalStateException("there are not " + count + " streams: " + line);
    }
  }

  /// Polls for that long.
  ///
  /// @throws IllegalStateException where a poll failed or a stream broke
  Outcome poll(int seconds) throws IOException {
    JsonNode line = answer("poll " + seconds);
    if (line.path("failed").asInt() + line.path("broken").asInt() > 0) {
      throw new IllegalStateException("not all was well: " + line);
    }
    return new Outcome(
        line.path("rpcs").asInt(),
        line.path("words").asInt(),
        Times.of(line, "rpc"),
        Times.of(line, "poll"));
  }

  private JsonNode answer(String command) throws IOException {
    commands.write(command + "\n");
    commands.flush();
    String line = answers.readLine();
    if (line == null) {
      throw new IOException("the load has ended; it says why above");
    }
    return JSON.readTree(line);
  }

  @Override
  public void close() {
    process.destroyForcibly();
    process.onExit().join();
  }
}
