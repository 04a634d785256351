package dev.inferscale.app.read;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import dev.inferscale.signals.exposition.Limits;
import dev.inferscale.signals.profile.Signal;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/// The command as a person types it.
final class ReadCommandTest {
  @TempDir private Path folder;

  /// What one command line gave.
  private record Run(int status, String out, String err) {}

  @Test
  void onePageIsAnEngineItsLevelsAndReasons() throws IOException {
    Run run = run(file("vllm-loaded.prom"));

    assertThat(run.status()).isZero();
    assertThat(run.err()).isEmpty();
    assertThat(run.out().lines())
        .startsWith("profile: vllm, model: meta-llama/Llama-3.1-8B-Instruct")
        .contains("no defects")
        .anyMatch(line ->
            line.matches(
                "inference_requests_running +52 requests exact +from vllm:num_requests_running"))
        .anyMatch(line -> line.matches("inference_queue_oldest_seconds +absent: .*"))
        .anyMatch(line -> line.matches("generation_tokens_total +1022260"));
  }

  @Test
  void twoPagesAlsoGiveQuantilesUnderTheirSignal() throws IOException {
    Run run = run(file("vllm-loaded.prom"), file("vllm-loaded-t15.prom"), "--seconds", "15");

    assertThat(run.status()).isZero();
    assertThat(run.out())
        .containsPattern("inference_ttft_seconds +0\\.3023 s +exact .*\\n +p50 +0\\.1580\\n");
  }

  @Test
  void jsonHasTheSameReportWithItsQuantilesByName() throws IOException {
    Run run = run(file("vllm-loaded.prom"), file("vllm-loaded-t15.prom"), "--output", "json");
    JsonNode document = new ObjectMapper().readTree(run.out());

    assertThat(run.status()).isZero();
    assertThat(document.path("profile").asText()).isEqualTo("vllm");
    assertThat(document.path("signals").size()).isEqualTo(Signal.values().length);
    JsonNode ttft = document.path("signals").path("inference_ttft_seconds");
    assertThat(ttft.path("value").asDouble()).isBetween(0.302, 0.303);
    assertThat(ttft.path("unit").asText()).isEqualTo("s");
    assertThat(ttft.path("quality").asText()).isEqualTo("exact");
    assertThat(ttft.path("from").path(0).asText()).isEqualTo("vllm:time_to_first_token_seconds");
    assertThat(ttft.path("quantiles").fieldNames())
        .toIterable()
        .containsExactly("0.5", "0.9", "0.95", "0.99");
    JsonNode oldest = document.path("signals").path("inference_queue_oldest_seconds");
    assertThat(oldest.path("reason").asText()).isEqualTo("absent");
    assertThat(oldest.path("explanation").asText()).isNotEmpty();
    assertThat(document.path("counters").path("requests_finished_total").asDouble())
        .isEqualTo(4284);
    assertThat(document.path("defects").isArray()).isTrue();
  }

  @Test
  void jsonOfAnEngineThatHangsHoldsNoNumberThatIsNone() throws IOException {
    Run run =
        run(
            file("cases/sglang-hung.prom"),
            file("cases/sglang-hung-t15.prom"),
            "--seconds",
            "15",
            "--output",
            "json");

    assertThat(run.status()).isZero();
    assertThat(run.out()).doesNotContain("NaN", "Infinity");
    JsonNode signals = new ObjectMapper().readTree(run.out()).path("signals");
    assertThat(signals.path("inference_generation_tokens_per_second").path("value").asDouble())
        .isZero();
    assertThat(signals.path("inference_queue_wait_seconds").path("note").asText())
        .startsWith("lower bound");
  }

  @Test
  void defectsAreNamedByLineAndStillExitWithZero() throws IOException {
    Run text = run(file("cases/vllm-two-bad-lines.prom"));
    Run json = run(file("cases/vllm-two-bad-lines.prom"), "--output=json");

    assertThat(text.status()).isZero();
    assertThat(text.out())
        .contains("2 defects\nline 5: ", "line 10: the value is 'N/A', not a number");
    JsonNode defects = new ObjectMapper().readTree(json.out()).path("defects");
    assertThat(defects.path(1).path("line").asInt()).isEqualTo(10);
    assertThat(defects.path(1).path("why").asText()).isEqualTo("the value is 'N/A', not a number");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "hostile-html.txt",
        "llamacpp-page-as-json-string.txt",
        "ollama-like-json-object.txt",
        "cases/triton-counter-below-zero.prom"
      })
  void aPageThatIsNoEnginesExitsWithOneAndOneSentence(String name) throws IOException {
    String page = file(name);
    Run run = run(page, "--output", "json");

    assertThat(run.status()).isEqualTo(1);
    assertThat(run.out()).isEmpty();
    assertThat(run.err().lines())
        .singleElement()
        .asString()
        .startsWith("inferscale read: " + page + ": ");
  }

  @Test
  void theSentenceNamesThePageThatCannotBeUsed() throws IOException {
    String empty = Files.createFile(folder.resolve("empty")).toString();

    assertThat(run(file("vllm-loaded.prom"), empty))
        .isEqualTo(new Run(1, "", "inferscale read: " + empty + ": the page held no series\n"));
  }

  @Test
  void aPageThatIsNoFileOrTooLargeIsSaid() throws IOException {
    Path large = folder.resolve("large");
    Files.write(large, new byte[Limits.DEFAULTS.bodyBytes() + 1]);

    assertThat(run("/nowhere"))
        .isEqualTo(
            new Run(
                1,
                "",
                "inferscale read: /nowhere is no file; give a file, a URL, or - for standard"
                    + " input\n"));
    assertThat(run(folder.toString()).status()).isEqualTo(1);
    assertThat(run(large.toString()).err())
        .contains("is longer than the " + Limits.DEFAULTS.bodyBytes() + " bytes");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--seconds 0     | --seconds is 0.0; 0.1 to 3600 would be right",
        "--seconds NaN   | --seconds is NaN; 0.1 to 3600 would be right",
        "--seconds 3601  | --seconds is 3601.0; 0.1 to 3600 would be right",
        "--seconds many  | Invalid value for option '--seconds': 'many' is not a double",
        "--output xml    | Invalid value for option '--output': expected one of [text, json]",
        "--profile triton | --profile is triton; auto or one of these would be right: inference-wo",
        "--colour red    | Unknown option: '--colour'",
      })
  void wrongUseExitsWithTwoAndSaysWhatWouldBeRight(String flag, String sentence)
      throws IOException {
    String[] words = flag.split(" ", 2);
    Run run = run(file("vllm-loaded.prom"), words[0], words[1]);

    assertThat(run.status()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).startsWith(sentence);
  }

  @Test
  void standardInputHoldsOnlyOnePage() {
    assertThat(run("-", "-").err()).startsWith("- stands for both pages");
    assertThat(run().status()).isEqualTo(2);
  }

  @Test
  void aProfileThatIsNamedIsUsed() throws IOException {
    assertThat(run(file("vllm-loaded.prom"), "--profile", "sglang").out())
        .startsWith("profile: sglang")
        .containsPattern("inference_requests_running +absent: ");
  }

  @Test
  void aPageMayBeAUrl() throws IOException {
    HttpServer server = HttpServer.create(loopback(), 0);
    serve(server, "/metrics", 200, GoldenPages.bytes("vllm-loaded.prom"));
    serve(server, "/gone", 404, "no".getBytes(UTF_8));
    serve(server, "/large", 200, new byte[Limits.DEFAULTS.bodyBytes() + 1]);
    redirect(server, "/moved", "/metrics");
    redirect(server, "/elsewhere", "http://192.0.2.1/metrics");
    server.start();
    try {
      String url = "http://127.0.0.1:" + server.getAddress().getPort();

      assertThat(run(url + "/metrics").out()).startsWith("profile: vllm");
      assertThat(run(url + "/moved").out()).startsWith("profile: vllm");
      assertThat(run(url + "/elsewhere").err())
          .isEqualTo(
              "inferscale read: "
                  + url
                  + "/elsewhere: redirect to another host or port (http://192.0.2.1) is not"
                  + " followed; give its URL\n");
      assertThat(run(url + "/gone").status()).isEqualTo(1);
      assertThat(run(url + "/gone").err())
          .startsWith("inferscale read: " + url + "/gone: answers 404; is the path right");
      assertThat(run(url + "/large").status()).isEqualTo(1);
      assertThat(run(url + "/large").err()).startsWith("inferscale read: " + url + "/large: ");
    } finally {
      server.stop(0);
    }
  }

  @Test
  void aUrlThatLeadsNowhereIsSaid() throws IOException {
    String url;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      url = "http://127.0.0.1:" + socket.getLocalPort() + "/metrics";
    }

    assertThat(run(url))
        .isEqualTo(
            new Run(
                1,
                "",
                "inferscale read: "
                    + url
                    + ": connection refused; does it run, and is the port right?\n"));
    assertThat(run("http:///metrics").err())
        .isEqualTo("inferscale read: http:///metrics is not a URL\n");
  }

  @Test
  void ofAnAnswerThatIsNotHttpNothingIsShown() throws Exception {
    try (ServerSocket ssh = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Thread.startVirtualThread(() -> greet(ssh, "SSH-2.0-OpenSSH_9.2\r\n"));

      Run run = run("http://127.0.0.1:" + ssh.getLocalPort() + "/metrics");

      assertThat(run.status()).isEqualTo(1);
      assertThat(run.err())
          .endsWith(": its answer is not HTTP/1.1; is the port right, and is it https?\n")
          .doesNotContain("SSH");
    }
  }

  private static void greet(ServerSocket server, String words) {
    try (Socket socket = server.accept()) {
      socket.getOutputStream().write(words.getBytes(UTF_8));
      socket.getInputStream().readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void redirect(HttpServer server, String path, String to) {
    server.createContext(
        path,
        exchange -> {
          exchange.getResponseHeaders().add("Location", to);
          exchange.sendResponseHeaders(307, -1);
          exchange.close();
        });
  }

  private static void serve(HttpServer server, String path, int status, byte[] body) {
    server.createContext(
        path,
        exchange -> {
          exchange.sendResponseHeaders(status, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
  }

  private static InetSocketAddress loopback() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  }

  private String file(String name) throws IOException {
    Path file = folder.resolve(name.replace('/', '-'));
    Files.write(file, GoldenPages.bytes(name));
    return file.toString();
  }

  private static Run run(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int status =
        new CommandLine(new ReadCommand())
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true))
            .execute(args);
    return new Run(status, out.toString(), err.toString());
  }
}
