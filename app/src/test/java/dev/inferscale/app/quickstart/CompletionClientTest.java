package dev.inferscale.app.quickstart;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import dev.inferscale.app.quickstart.CompletionClient.Outcome;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class CompletionClientTest {
  private static final String TWO_WORDS =
      """
      data: {"choices":[{"text":"A queue"}],"usage":null}

      data: {"choices":[{"text":" waits."}],"usage":null}

      data: {"choices":[],"usage":{"completion_tokens":5}}

      data: [DONE]

      """;

  private final CompletionClient client = new CompletionClient();
  private final StringBuilder shown = new StringBuilder();
  private final AtomicReference<String> asked = new AtomicReference<>("");
  private HttpServer worker;
  private int status = 200;
  private String answer = TWO_WORDS;

  @BeforeEach
  void startWorker() throws IOException {
    worker = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    worker.createContext(
        "/v1/completions",
        exchange -> {
          asked.set(new String(exchange.getRequestBody().readAllBytes(), UTF_8));
          byte[] body = answer.getBytes(UTF_8);
          exchange.sendResponseHeaders(status, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    worker.start();
  }

  @AfterEach
  void endWorker() {
    client.close();
    worker.stop(0);
  }

  @Test
  void anAnswerArrivesInPiecesAndItsTokensAreTheWorkersCount() throws Exception {
    assertThat(ask()).isEqualTo(new Outcome.Answered(5));
    assertThat(shown).hasToString("A queue waits.");
    JsonNode request = new ObjectMapper().readTree(asked.get());
    assertThat(request.path("stream").asBoolean()).isTrue();
    assertThat(request.path("prompt").asText()).contains(Questions.OPENING);
    assertThat(request.path("max_tokens").asInt()).isPositive();
  }

  @Test
  void aFullOrEndingWorkerIsARefusal() throws Exception {
    status = 429;
    assertThat(ask()).isEqualTo(new Outcome.Refused(429));
    status = 503;
    assertThat(ask()).isEqualTo(new Outcome.Refused(503));
    status = 500;
    assertThat(ask()).isEqualTo(new Outcome.Failed("status 500"));
  }

  @Test
  void anErrorInsideAStreamIsAFailure() throws Exception {
    answer = "data: {\"error\":{\"message\":\"the engine failed\"}}\n\ndata: [DONE]\n\n";

    assertThat(ask()).isEqualTo(new Outcome.Failed("the engine failed"));
  }

  @Test
  void aStreamThatBreaksOffIsAFailure() throws Exception {
    answer = TWO_WORDS.replace("data: [DONE]", "");
    assertThat(ask()).isEqualTo(new Outcome.Failed("the stream ended early"));
    answer = "data: {\"choi";
    assertThat(ask()).isInstanceOf(Outcome.Failed.class);
  }

  @Test
  void aWorkerThatIsGoneIsAFailure() throws Exception {
    URI gone = address();
    worker.stop(0);

    assertThat(client.ask(gone, Questions.opening(), shown::append))
        .isInstanceOf(Outcome.Failed.class);
  }

  private Outcome ask() throws InterruptedException {
    return client.ask(address(), Questions.opening(), shown::append);
  }

  private URI address() {
    return URI.create("http://127.0.0.1:" + worker.getAddress().getPort());
  }
}
