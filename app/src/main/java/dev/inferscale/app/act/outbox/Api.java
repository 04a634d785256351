package dev.inferscale.app.act.outbox;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.inferscale.signals.kube.ApiServer;
import java.time.Duration;

/// Requests to the API server, one answer each.
@FunctionalInterface
public interface Api {
  /// Sends one request; never throws for what the server does.
  ///
  /// @param contentType of the body; both empty for a GET
  Reply send(String method, String path, String contentType, String body, Duration limit)
      throws InterruptedException;

  /// What came of it.
  ///
  /// @param code the HTTP status, or 0 where nothing answered
  /// @param body missing where it is no JSON
  /// @param sentence for people, where it went wrong
  record Reply(int code, JsonNode body, String sentence) {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int LONGEST = 200;

    /// As the server sent it; its own message is cut, and on one line.
    public static Reply of(ApiServer.Sent sent) {
      if (sent.code() == 0) {
        return new Reply(0, MissingNode.getInstance(), sent.fault());
      }
      JsonNode body = tree(sent.body());
      String message = body.path("message").asText("").replaceAll("\\p{C}+", " ");
      String cut = message.length() <= LONGEST ? message : message.substring(0, LONGEST);
      return new Reply(sent.code(), body, "the API server answers " + sent.code() + " " + cut);
    }

    private static JsonNode tree(String text) {
      try {
        return JSON.readTree(text);
      } catch (JsonProcessingException e) {
        return MissingNode.getInstance();
      }
    }
  }

  /// The API server.
  static Api of(ApiServer server) {
    return (method, path, contentType, body, limit) ->
        Reply.of(server.send(method, path, contentType, body, limit));
  }
}
