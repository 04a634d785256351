package dev.inferscale.worker.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.inferscale.worker.engine.Admission;
import dev.inferscale.worker.telemetry.Outcome;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// An error as OpenAI's clients expect it: always message, type, param and code.
///
/// @param param the key of the request that is wrong, or null
/// @param code for programs, or null
/// @param retryAfterSeconds when it may be tried again; 0 is not worth trying again
record ApiError(
    int status,
    String message,
    String type,
    @Nullable String param,
    @Nullable String code,
    int retryAfterSeconds) {
  private static final String INVALID = "invalid_request_error";
  private static final String OVERLOADED = "overloaded_error";
  private static final String SERVER = "server_error";

  static ApiError invalid(@Nullable String param, String message) {
    return new ApiError(400, message, INVALID, param, "invalid_value", 0);
  }

  static ApiError unknownKey(String key, String message) {
    return new ApiError(400, message, INVALID, key, "unknown_parameter", 0);
  }

  static ApiError notJson(String message) {
    return new ApiError(400, message, INVALID, null, "invalid_json", 0);
  }

  static ApiError contextExceeded(String message) {
    return new ApiError(400, message, INVALID, "prompt", "context_length_exceeded", 0);
  }

  static ApiError unknownModel(String served) {
    String message = "this worker serves the model '" + served + "' and no other";
    return new ApiError(404, message, INVALID, "model", "model_not_found", 0);
  }

  static ApiError unknownPath() {
    String message =
        "no such path; there are POST /v1/completions and GET /v1/models, /metrics, /livez, /readyz";
    return new ApiError(404, message, INVALID, null, "not_found", 0);
  }

  static ApiError wrongMethod(String allowed) {
    String message = "this path answers " + allowed + " only";
    return new ApiError(405, message, INVALID, null, "method_not_allowed", 0);
  }

  static ApiError tooLarge(long limitBytes) {
    String message = "the body may have at most " + limitBytes + " bytes";
    return new ApiError(413, message, INVALID, null, "body_too_large", 0);
  }

  static ApiError internal(String requestId) {
    String message = "the worker failed; its log has the cause under request_id " + requestId;
    return new ApiError(500, message, SERVER, null, "internal_error", 0);
  }

  /// @param retryAfterSeconds for a full queue
  static ApiError rejected(Admission.Rejected rejected, int retryAfterSeconds) {
    String message = rejected.explanation();
    return switch (rejected.reason()) {
      case QUEUE_FULL ->
          new ApiError(429, message, OVERLOADED, null, "queue_full", retryAfterSeconds);
      case TOO_LONG -> contextExceeded(message);
      case DRAINING -> new ApiError(503, message, OVERLOADED, null, "shutting_down", 1);
      case ENGINE_FAILED -> new ApiError(503, message, SERVER, null, "engine_failed", 1);
    };
  }

  /// The error that an accepted request ended with; empty when it ended well.
  static Optional<ApiError> ended(Outcome outcome) {
    return switch (outcome) {
      case STOP, LENGTH -> Optional.empty();
      case QUEUE_TIMEOUT ->
          error(503, "the request waited too long for its turn", OVERLOADED, "queue_timeout", 1);
      case DEADLINE ->
          error(504, "the request did not end within its time limit", SERVER, "deadline", 0);
      case CLIENT_DISCONNECT -> error(499, "the client has gone", INVALID, "client_gone", 0);
      case SHUTDOWN, DRAINING ->
          error(503, "the worker is shutting down", OVERLOADED, "shutting_down", 1);
      case QUEUE_FULL -> error(429, "the queue is full", OVERLOADED, "queue_full", 1);
      case INTERNAL, ENGINE_FAILED ->
          error(
              500,
              "the device failed, or the model's output was no number",
              SERVER,
              "engine_failed",
              0);
    };
  }

  private static Optional<ApiError> error(
      int status, String message, String type, String code, int retryAfterSeconds) {
    return Optional.of(new ApiError(status, message, type, null, code, retryAfterSeconds));
  }

  ObjectNode document() {
    ObjectNode error = JsonNodeFactory.instance.objectNode();
    error
        .putObject("error")
        .put("message", message)
        .put("type", type)
        .put("param", param)
        .put("code", code);
    return error;
  }
}
