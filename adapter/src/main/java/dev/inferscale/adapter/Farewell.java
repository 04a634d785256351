package dev.inferscale.adapter;

import io.undertow.protocols.http2.Http2Channel;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.ServerConnection;
import io.undertow.util.AttachmentKey;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// Lets a server end without cutting anybody off. Clients keep their connections for as long as
/// they may, so one that merely stops being ready is still asked; and a request whose connection
/// ends under it fails, since no client may know that it was not answered. From [#begin] on, each
/// connection therefore ends with an answer: HTTP/1.1 says `Connection: close`, HTTP/2 says GOAWAY
/// once none of its streams is open, after which a client repeats elsewhere what it had sent (RFC
/// 9113, 6.8).
final class Farewell implements HttpHandler {
  /// Of an HTTP/2 connection, how many of its streams are being answered.
  private static final AttachmentKey<AtomicInteger> STREAMS =
      AttachmentKey.create(AtomicInteger.class);

  private final HttpHandler answering;
  private final AtomicInteger open = new AtomicInteger();

  /// Written by whoever stops the program, read by IO threads.
  private volatile boolean begun;

  private volatile @Nullable CountDownLatch last;

  Farewell(HttpHandler answering) {
    this.answering = answering;
  }

  /// Everything is still answered, but no connection is kept.
  void begin() {
    begun = true;
  }

  /// Waits until no request is being answered.
  ///
  /// @return whether that came about within the limit
  boolean await(Duration limit) throws InterruptedException {
    CountDownLatch waiting = new CountDownLatch(1);
    last = waiting;
    return open.get() == 0 || waiting.await(limit.toMillis(), TimeUnit.MILLISECONDS);
  }

  @Override
  public void handleRequest(HttpServerExchange exchange) throws Exception {
    AtomicInteger streams = streams(exchange.getConnection());
    open.incrementAndGet();
    streams.incrementAndGet();
    exchange.addExchangeCompleteListener((ended, next) -> {
      streams.decrementAndGet();
      leave(ended.getConnection(), streams);
      CountDownLatch waiting = open.decrementAndGet() == 0 ? last : null;
      if (waiting != null) {
        waiting.countDown();
      }
      next.proceed();
    });
    if (begun) {
      exchange.setPersistent(false);
    }
    answering.handleRequest(exchange);
  }

  /// A connection is one IO thread's, so nobody else adds to it meanwhile.
  private static AtomicInteger streams(ServerConnection connection) {
    AtomicInteger known = connection.getAttachment(STREAMS);
    if (known == null) {
      known = new AtomicInteger();
      connection.putAttachment(STREAMS, known);
    }
    return known;
  }

  /// Another stream may open before the task runs, so that it looks again.
  private void leave(ServerConnection connection, AtomicInteger streams) {
    Http2Channel channel = Http2Listener.channel(connection);
    if (!begun || channel == null) {
      return;
    }
    try {
      connection
          .getIoThread()
          .execute(() -> {
            if (streams.get() == 0) {
              channel.sendGoAway(Http2Channel.ERROR_NO_ERROR);
            }
          });
    } catch (RejectedExecutionException ended) {
      // The listener has closed meanwhile, and the connection with it.
    }
  }
}
