package dev.inferscale.worker.http;

import dev.inferscale.launch.OpsPages;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import java.nio.ByteBuffer;

/// Answers that are ready: sent without waiting, from any thread.
final class Responses {
  static final HttpString REQUEST_ID = HttpString.tryFromString("x-request-id");
  static final String JSON = "application/json";

  private Responses() {}

  static void send(HttpServerExchange exchange, ApiError error) {
    if (exchange.isResponseStarted()) {
      exchange.endExchange();
      return;
    }
    if (error.retryAfterSeconds() > 0) {
      exchange.getResponseHeaders().put(Headers.RETRY_AFTER, error.retryAfterSeconds());
    }
    send(exchange, error.status(), JSON, CompletionDocuments.bytes(error.document()));
  }

  static void send(HttpServerExchange exchange, OpsPages.Page page) {
    send(exchange, page.status(), page.contentType(), page.body());
  }

  static void send(HttpServerExchange exchange, int status, String contentType, byte[] body) {
    exchange.setStatusCode(status);
    exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, contentType);
    exchange.setResponseContentLength(body.length);
    exchange.getResponseSender().send(ByteBuffer.wrap(body));
  }
}
