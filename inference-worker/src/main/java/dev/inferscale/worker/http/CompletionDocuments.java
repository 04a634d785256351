package dev.inferscale.worker.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// The JSON of one completion's answer, whole or in pieces.
///
/// @param id the same in all pieces
/// @param created seconds since the epoch
/// @param usageInPieces whether the client asked for usage in a stream: then every piece has the
///   key, null in all but the last
record CompletionDocuments(String id, long created, String model, boolean usageInPieces) {
  private static final ObjectWriter JSON = new JsonMapper().writer();
  private static final byte[] DONE = "data: [DONE]\n\n".getBytes(StandardCharsets.UTF_8);

  /// Tokens of a request.
  record Usage(int prompt, int completion) {}

  byte[] whole(String text, String finishReason, Usage usage) {
    ObjectNode document = start();
    choice(document, text, finishReason);
    putUsage(document, usage);
    return bytes(document);
  }

  /// @param finishReason null in all pieces of text but the last
  byte[] piece(String text, @Nullable String finishReason) {
    ObjectNode document = start();
    choice(document, text, finishReason);
    if (usageInPieces) {
      document.putNull("usage");
    }
    return event(document);
  }

  byte[] usagePiece(Usage usage) {
    ObjectNode document = start();
    document.putArray("choices");
    putUsage(document, usage);
    return event(document);
  }

  static byte[] done() {
    return DONE.clone();
  }

  static byte[] event(JsonNode document) {
    return ("data: " + document + "\n\n").getBytes(StandardCharsets.UTF_8);
  }

  static byte[] bytes(JsonNode document) {
    try {
      return JSON.writeValueAsBytes(document);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  private ObjectNode start() {
    return JsonNodeFactory.instance
        .objectNode()
        .put("id", id)
        .put("object", "text_completion")
        .put("created", created)
        .put("model", model);
  }

  private static void choice(ObjectNode document, String text, @Nullable String finishReason) {
    document
        .putArray("choices")
        .addObject()
        .put("text", text)
        .put("index", 0)
        .putNull("logprobs")
        .put("finish_reason", finishReason);
  }

  private static void putUsage(ObjectNode document, Usage usage) {
    document
        .putObject("usage")
        .put("prompt_tokens", usage.prompt())
        .put("completion_tokens", usage.completion())
        .put("total_tokens", usage.prompt() + usage.completion());
  }
}
