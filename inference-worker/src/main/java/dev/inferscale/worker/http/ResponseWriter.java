package dev.inferscale.worker.http;

import io.undertow.io.IoCallback;
import io.undertow.io.Sender;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.xnio.IoUtils;

/// Writes a response from a virtual thread. Each write waits for the client to take it, up to a
/// limit; a client that takes longer is treated as gone and its connection is closed.
///
/// Used by one thread.
final class ResponseWriter {
  private final HttpServerExchange exchange;
  private final Duration limit;
  private boolean broken;

  ResponseWriter(HttpServerExchange exchange, Duration limit) {
    this.exchange = exchange;
    this.limit = limit;
  }

  /// Sets what must be sent before the body; only before the first write.
  ///
  /// @param length bytes of the body, or -1 when not known
  void start(int status, String contentType, long length) {
    exchange.setStatusCode(status);
    exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, contentType);
    if (length >= 0) {
      exchange.setResponseContentLength(length);
    }
  }

  boolean started() {
    return exchange.isResponseStarted();
  }

  /// Writes; false when the client has gone or takes too long.
  boolean write(byte[] bytes) throws InterruptedException {
    if (broken) {
      return false;
    }
    CompletableFuture<Boolean> done = new CompletableFuture<>();
    try {
      exchange.getResponseSender().send(ByteBuffer.wrap(bytes), signal(done));
      broken = !done.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException | ExecutionException | IllegalStateException e) {
      // IllegalStateException: the connection was closed under us and the response with it.
      broken = true;
    }
    return !broken;
  }

  /// Gives the client up: nothing more is written.
  void abandon() {
    broken = true;
  }

  /// Ends the response, or the connection when the client cannot be reached.
  void end() {
    if (broken) {
      IoUtils.safeClose(exchange.getConnection());
    }
    exchange.endExchange();
  }

  private static IoCallback signal(CompletableFuture<Boolean> done) {
    return new IoCallback() {
      @Override
      public void onComplete(HttpServerExchange exchange, Sender sender) {
        done.complete(true);
      }

      @Override
      public void onException(HttpServerExchange exchange, Sender sender, IOException exception) {
        done.complete(false);
      }
    };
  }
}
