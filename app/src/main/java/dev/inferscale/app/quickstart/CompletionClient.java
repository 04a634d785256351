package dev.inferscale.app.quickstart;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Iterator;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// Asks a worker for one completion and follows its stream.
final class CompletionClient implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();

  /// What came of one question.
  sealed interface Outcome {
    /// Answered to the end; `tokens` is what the worker counted.
    record Answered(long tokens) implements Outcome {}

    /// The worker is full (429) or draining (503).
    record Refused(int status) implements Outcome {}

    record Failed(String why) implements Outcome {}
  }

  /// Sends the prompt and passes on each piece of text as it arrives.
  Outcome ask(URI worker, Questions.Question question, Consumer<String> onText)
      throws InterruptedException {
    try {
      HttpResponse<Stream<String>> response =
          http.send(request(worker, question), BodyHandlers.ofLines());
      try (Stream<String> lines = response.body()) {
        return switch (response.statusCode()) {
          case 200 -> follow(lines.iterator(), onText);
          case 429, 503 -> new Outcome.Refused(response.statusCode());
          default -> new Outcome.Failed("status " + response.statusCode());
        };
      }
    } catch (IOException | java.io.UncheckedIOException e) {
      return new Outcome.Failed(String.valueOf(e.getMessage()));
    }
  }

  private static HttpRequest request(URI worker, Questions.Question question)
      throws JsonProcessingException {
    Map<String, Object> body =
        Map.of(
            "prompt",
            question.prompt(),
            "max_tokens",
            question.maxTokens(),
            "ignore_eos",
            !question.toTheEnd(),
            "temperature",
            0,
            "stream",
            true,
            "stream_options",
            Map.of("include_usage", true));
    return HttpRequest.newBuilder(worker.resolve("/v1/completions"))
        .timeout(PATIENCE)
        .header("Content-Type", "application/json")
        .POST(BodyPublishers.ofByteArray(JSON.writeValueAsBytes(body)))
        .build();
  }

  private static Outcome follow(Iterator<String> lines, Consumer<String> onText)
      throws JsonProcessingException {
    long tokens = 0;
    boolean done = false;
    while (!done && lines.hasNext()) {
      String line = lines.next();
      if (!line.startsWith("data: ")) {
        continue;
      }
      String event = line.substring("data: ".length());
      done = event.equals("[DONE]");
      if (done) {
        continue;
      }
      JsonNode chunk = JSON.readTree(event);
      if (chunk.has("error")) {
        return new Outcome.Failed(chunk.path("error").path("message").asText());
      }
      onText.accept(chunk.path("choices").path(0).path("text").asText(""));
      tokens = chunk.path("usage").path("completion_tokens").asLong(tokens);
    }
    return done ? new Outcome.Answered(tokens) : new Outcome.Failed("the stream ended early");
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
