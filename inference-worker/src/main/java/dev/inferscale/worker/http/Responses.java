package dev.inferscale.worker.http;

import dev.inferscale.launch.OpsPages;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import java.nio.ByteBuffer;
import org.xnio.IoUtils;

/// Answers that are ready: sent without waiting, from any thread.
final class Responses {
  static final HttpString REQUEST_ID = HttpString.tryFromString("x-request-id");
  static final String JSON = "application/json";

  private Responses() {}

  /// Sends an error, or closes the connection when the answer has begun: only so can the client see
  /// that it is not whole.
  static void send(HttpServerExchange exchange, ApiError error) {
    if (exchange.isResponseStarted()) {
      IoUtils.safeClose(exchange.getConnection());
    } else {
      exchange.getResponseSender().send(ByteBuffer.wrap(start(exchange, error)));
    }
  }

  /// Sets everything of an error's answer but the body, which it gives.
  static byte[] start(HttpServerExchange exchange, ApiError error) {
    if (error.retryAfterSeconds() > 0) {
      exchange.getResponseHeaders().put(Headers.RETRY_AFTER, error.retryAfterSeconds());
    }
    byte[] body = CompletionDocuments.bytes(error.document());
    start(exchange, error.status(), JSON, body.length);
    return body;
  }

  static void send(HttpServerExchange exchange, OpsPages.Page page) {
    send(exchange, page.status(), page.contentType(), page.body());
  }

  static void send(HttpServerExchange exchange, int status, String contentType, byte[] body) {
    start(exchange, status, contentType, body.length);
    exchange.getResponseSender().send(ByteBuffer.wrap(body));
  }

  private static void start(
      HttpServerExchange exchange, int status, String contentType, int length) {
    exchange.setStatusCode(status);
    exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, contentType);
    exchange.setResponseContentLength(length);
  }
}
