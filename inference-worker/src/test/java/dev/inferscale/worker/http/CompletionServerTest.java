package dev.inferscale.worker.http;

import static dev.inferscale.worker.http.ServerUnderTest.LIMIT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.inferscale.worker.ArithmeticBackend;
import dev.inferscale.worker.backend.Batch.Sampling;
import dev.inferscale.worker.http.ServerUnderTest.Answer;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CompletionServerTest {
  private static final String GREEDY = "{'prompt':'What is a queue?','temperature':0,";

  private final ServerUnderTest server = new ServerUnderTest();

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void aWholeAnswerHasTextReasonAndUsage() throws Exception {
    int[] prompt = ServerUnderTest.TOKENIZER.encode("What is a queue?", true);
    int[] expected =
        ArithmeticBackend.expected(
            prompt, Sampling.GREEDY, ServerUnderTest.VOCABULARY, 12, ServerUnderTest.END);

    Answer answer = server.complete(GREEDY + "'max_tokens':12}");

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.contentType()).isEqualTo("application/json");
    JsonNode json = answer.json();
    assertThat(json.path("object").asText()).isEqualTo("text_completion");
    assertThat(json.path("model").asText()).isEqualTo("demo");
    assertThat(json.at("/choices/0/text").asText())
        .isEqualTo(ServerUnderTest.TOKENIZER.decode(expected, true));
    assertThat(json.at("/choices/0/finish_reason").asText()).isEqualTo("length");
    assertThat(json.at("/usage/prompt_tokens").asInt()).isEqualTo(prompt.length);
    assertThat(json.at("/usage/completion_tokens").asInt()).isEqualTo(12);
    assertThat(json.at("/usage/total_tokens").asInt()).isEqualTo(prompt.length + 12);
  }

  @Test
  void aStreamHasTheSameTextInPieces() throws Exception {
    String whole =
        server.complete(GREEDY + "'max_tokens':40}").json().at("/choices/0/text").asText();

    Answer stream = server.complete(GREEDY + "'max_tokens':40,'stream':true}");

    assertThat(stream.contentType()).isEqualTo("text/event-stream; charset=utf-8");
    assertThat(stream.streamedText()).isEqualTo(whole);
    assertThat(stream.events()).last().isEqualTo("[DONE]");
    assertThat(stream.events().getFirst()).contains("\"finish_reason\":null");
    assertThat(stream.events()).noneMatch(event -> event.contains("\"usage\""));
    assertThat(stream.events().get(stream.events().size() - 2))
        .contains("\"finish_reason\":\"length\"");
  }

  @Test
  void usageComesInOnePieceOfItsOwnAtTheEnd() throws Exception {
    Answer stream =
        server.complete(
            GREEDY + "'max_tokens':5,'stream':true,'stream_options':{'include_usage':true}}");

    List<String> events = stream.events();
    assertThat(events.subList(0, events.size() - 2)).allMatch(e -> e.endsWith("\"usage\":null}"));
    assertThat(events.get(events.size() - 2))
        .contains("\"choices\":[]")
        .contains("\"completion_tokens\":5");
    assertThat(events).last().isEqualTo("[DONE]");
  }

  @Test
  void aStopStringCutsTheTextTheSameWayWholeAndStreaming() throws Exception {
    String text =
        server.complete(GREEDY + "'max_tokens':40}").json().at("/choices/0/text").asText();
    int from = text.length() / 2;
    String stop = text.substring(from, from + 5);
    String body = GREEDY + "'max_tokens':40,'stop':" + quoted(stop);

    JsonNode whole = server.complete(body + "}").json();
    Answer stream = server.complete(body + ",'stream':true}");

    String expected = text.substring(0, text.indexOf(stop));
    assertThat(whole.at("/choices/0/text").asText()).isEqualTo(expected);
    assertThat(whole.at("/choices/0/finish_reason").asText()).isEqualTo("stop");
    assertThat(stream.streamedText()).isEqualTo(expected);
    assertThat(stream.body()).contains("\"finish_reason\":\"stop\"");
  }

  @Test
  void aSeedDecidesTheDraws() throws Exception {
    String body = "{'prompt':'Hi','max_tokens':20,'temperature':1,'seed':";

    String first = server.complete(body + "7}").json().at("/choices/0/text").asText();
    String again = server.complete(body + "7}").json().at("/choices/0/text").asText();
    String other = server.complete(body + "8}").json().at("/choices/0/text").asText();

    assertThat(again).isEqualTo(first).isNotEqualTo(other);
  }

  @Test
  void aPromptBeyondTheContextIsRefusedWithBothLengths() throws Exception {
    Answer answer = server.complete("{'prompt':'" + "word ".repeat(20_000) + "','max_tokens':8}");

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.error().path("code").asText()).isEqualTo("context_length_exceeded");
    assertThat(answer.error().path("message").asText()).contains("at most 399").contains("tokens");
  }

  @ParameterizedTest
  @CsvSource({
    "'{\"prompt\":[],\"max_tokens\":8}', 400, prompt, invalid_value",
    "'{\"prompt\":\"a\",\"max_tokens\":0}', 400, max_tokens, invalid_value",
    "'{\"prompt\":\"a\",\"model\":\"nope\"}', 404, model, model_not_found",
    "'no json', 400, , invalid_json",
  })
  void errorsHaveMessageTypeParamAndCode(String body, int status, String param, String code)
      throws Exception {
    Answer answer = server.complete(body);

    assertThat(answer.status()).isEqualTo(status);
    assertThat(answer.contentType()).isEqualTo("application/json");
    assertThat(answer.error().fieldNames()).toIterable().contains("message", "type");
    assertThat(answer.error().path("param").textValue()).isEqualTo(param);
    assertThat(answer.error().path("code").textValue()).isEqualTo(code);
  }

  @Test
  void aBodyAboveOneMebibyteIsRefused() throws Exception {
    String large = "{'prompt':'" + "a".repeat(10_000_000) + "'}";
    HttpRequest.Builder chunked =
        server
            .request("/v1/completions")
            .POST(
                HttpRequest.BodyPublishers.fromPublisher(
                    HttpRequest.BodyPublishers.ofString(ServerUnderTest.json(large))));

    assertThat(statusOf(() -> server.complete(large))).isIn(413, 0);
    assertThat(statusOf(() -> server.send(chunked))).isIn(413, 0);
    assertThat(server.complete(GREEDY + "'max_tokens':1}").status()).isEqualTo(200);
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /v1/completions, 405",
    "POST, /v1/models, 405",
    "DELETE, /metrics, 405",
    "GET, /, 404",
    "POST, /v1/chat/completions, 404",
    "POST, /v1/nothing, 404",
  })
  void unknownPathsAndMethodsAnswerInJson(String method, String path, int status) throws Exception {
    Answer answer =
        server.send(server.request(path).method(method, HttpRequest.BodyPublishers.noBody()));

    assertThat(answer.status()).isEqualTo(status);
    assertThat(answer.contentType()).isEqualTo("application/json");
    assertThat(answer.error().path("message").asText()).isNotEmpty();
  }

  @Test
  void theModelIsListed() throws Exception {
    JsonNode models = server.get("/v1/models").json();

    assertThat(models.at("/data/0/id").asText()).isEqualTo("demo");
    assertThat(models.at("/data/0/max_model_len").asInt()).isEqualTo(400);
  }

  @Test
  void aFullQueueIsAnsweredAtOnceAndCounted() throws Exception {
    server.backend.gate();
    List<Future<Answer>> accepted = new ArrayList<>();
    accepted.add(later(GREEDY + "'max_tokens':2}"));
    await().atMost(LIMIT).until(() -> server.engine.load().running() == 1);
    for (int i = 0; i < 20; i++) {
      accepted.add(later(GREEDY + "'max_tokens':2}"));
    }
    await().atMost(LIMIT).until(() -> server.engine.load().waiting() == 20);

    Answer rejected = server.complete(GREEDY + "'max_tokens':2}");

    assertThat(rejected.status()).isEqualTo(429);
    assertThat(rejected.error().path("code").asText()).isEqualTo("queue_full");
    assertThat(rejected.response().headers().firstValue("retry-after")).hasValue("1");
    assertThat(
            server.metric(
                "inference_worker_requests_total{model=\"demo\",outcome=\"rejected\""
                    + ",reason=\"queue_full\"}"))
        .isEqualTo("1.0");
    server.backend.open();
    for (Future<Answer> answer : accepted) {
      assertThat(answer.get().status()).isEqualTo(200);
    }
  }

  @Test
  void aDrainFinishesWhatRunsAndSendsOthersAway() throws Exception {
    server.backend.gate();
    Future<Answer> running = later(GREEDY + "'max_tokens':5}");
    await().atMost(LIMIT).until(() -> server.engine.load().running() == 1);
    Thread drain = Thread.startVirtualThread(() -> drain(Duration.ofMinutes(1)));
    await().atMost(LIMIT).until(() -> server.get("/readyz").status() == 503);

    Answer late = server.complete(GREEDY + "'max_tokens':5}");
    server.backend.open();

    assertThat(late.status()).isEqualTo(503);
    assertThat(late.error().path("code").asText()).isEqualTo("shutting_down");
    assertThat(running.get().status()).isEqualTo(200);
    assertThat(server.get("/livez").status()).isEqualTo(200);
    drain.join();
  }

  @Test
  void aBrokenDeviceIsAnErrorInAStreamAndInAWholeAnswer() throws Exception {
    server.backend.gate();
    Future<Answer> stream = later(GREEDY + "'max_tokens':50,'ignore_eos':true,'stream':true}");
    server.backend.allow(3);
    server.awaitMetric("inference_worker_generation_tokens_total", "3.0");
    Future<Answer> whole = later(GREEDY + "'max_tokens':5}");
    await().atMost(LIMIT).until(() -> server.engine.load().waiting() == 1);

    server.backend.fail();
    server.backend.open();

    assertThat(stream.get().status()).isEqualTo(200);
    assertThat(stream.get().body()).contains("\"code\":\"engine_failed\"");
    assertThat(whole.get().status()).isEqualTo(500);
    assertThat(whole.get().error().path("code").asText()).isEqualTo("engine_failed");
    assertThat(server.get("/readyz").body()).contains("the device failed");
  }

  @Test
  void metricsAnswerInBothFormats() throws Exception {
    Answer open =
        server.send(server.request("/metrics").header("Accept", "application/openmetrics-text"));

    assertThat(server.get("/metrics").contentType()).startsWith("text/plain; version=0.0.4");
    assertThat(open.contentType()).startsWith("application/openmetrics-text");
    assertThat(open.body()).endsWith("# EOF\n");
  }

  @Test
  void namesFromCallersMakeNoSeries() throws Exception {
    String before = names(server.get("/metrics").body());

    for (int i = 0; i < 200; i++) {
      assertThat(server.complete("{'model':'m" + i + "','prompt':'a'}").status()).isEqualTo(404);
    }

    assertThat(names(server.get("/metrics").body())).isEqualTo(before);
  }

  @Test
  void aTenantIsBelievedOnlyFromATrustedPeer() throws Exception {
    TenantRule trusting = new TenantRule("x-tenant", List.of(AddressRange.parse("127.0.0.0/8")));
    TenantRule wary = new TenantRule("x-tenant", List.of(AddressRange.parse("10.0.0.0/8")));

    assertThat(tenantSeries(trusting)).contains("tenant=\"acme\"");
    assertThat(tenantSeries(wary)).doesNotContain("acme").contains("tenant=\"unknown\"} 1.0");
  }

  @Test
  void theCallersRequestIdComesBack() throws Exception {
    Answer answer =
        server.send(
            server
                .request("/v1/completions")
                .header("x-request-id", "abc-1")
                .POST(HttpRequest.BodyPublishers.ofString("{}")));

    assertThat(answer.response().headers().firstValue("x-request-id")).hasValue("abc-1");
  }

  private static String tenantSeries(TenantRule rule) throws Exception {
    try (ServerUnderTest server = new ServerUnderTest(2, 2, rule)) {
      server.send(
          server
              .request("/v1/completions")
              .header("x-tenant", "acme")
              .POST(HttpRequest.BodyPublishers.ofString("{\"prompt\":\"a\",\"max_tokens\":1}")));
      return server.get("/metrics").body();
    }
  }

  private Future<Answer> later(String body) {
    FutureTask<Answer> task = new FutureTask<>(() -> server.complete(body));
    Thread.startVirtualThread(task);
    return task;
  }

  private void drain(Duration limit) {
    try {
      server.engine.stop(limit);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @FunctionalInterface
  private interface Call {
    Answer send() throws Exception;
  }

  /// 0 when the server closed the connection before the client had sent it all.
  private static int statusOf(Call call) throws Exception {
    try {
      return call.send().status();
    } catch (IOException e) {
      return 0;
    }
  }

  private static String names(String page) {
    return String.join(
        "\n",
        page.lines()
            .filter(line -> !line.startsWith("#"))
            .map(line -> line.substring(0, line.lastIndexOf(' ')))
            .toList());
  }

  private static String quoted(String text) {
    return new TextNode(text).toString();
  }
}
