package dev.inferscale.adapter;

import dev.inferscale.adapter.wire.MalformedRequest;
import dev.inferscale.adapter.wire.Page;
import dev.inferscale.adapter.wire.Reply;
import dev.inferscale.adapter.wire.Request;
import dev.inferscale.adapter.wire.Surface;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.HeaderMap;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Turns exchanges into requests and replies into exchanges, on the IO thread that read them, and
/// counts. All headers that our servers send are set here.
final class Answering implements HttpHandler {
  private static final Logger LOG = LoggerFactory.getLogger(Answering.class);
  private static final HttpString NOSNIFF = new HttpString("X-Content-Type-Options");

  private final Function<Request, Reply> answer;
  private final Function<MalformedRequest, Page> malformed;
  private final Page failed;
  private final InstantSource clock;
  private final Tally tally = new Tally();

  /// @param answer what to reply
  /// @param malformed the page for a request that cannot be read, 400 or 414
  /// @param failed the page for a fault of ours
  Answering(
      Function<Request, Reply> answer,
      Function<MalformedRequest, Page> malformed,
      Page failed,
      InstantSource clock) {
    this.answer = answer;
    this.malformed = malformed;
    this.failed = failed;
    this.clock = clock;
  }

  Statistics statistics() {
    return tally.statistics();
  }

  @Override
  public void handleRequest(HttpServerExchange exchange) {
    Instant start = clock.instant();
    Reply reply = reply(exchange);
    Page page = reply.page();
    tally.add(reply.surface(), page.status(), Duration.between(start, clock.instant()));
    send(exchange, reply);
  }

  private Reply reply(HttpServerExchange exchange) {
    try {
      return answer.apply(read(exchange));
    } catch (MalformedRequest unreadable) {
      return Reply.of(Surface.OTHER, malformed.apply(unreadable));
    } catch (RuntimeException bug) {
      LOG.atError().setCause(bug).log("request failed");
      return Reply.of(Surface.OTHER, failed);
    }
  }

  private static Request read(HttpServerExchange exchange) throws MalformedRequest {
    return Request.parse(
        exchange.getRequestMethod().toString(),
        exchange.getRequestPath(),
        exchange.getQueryString(),
        header(exchange, Headers.ACCEPT),
        header(exchange, Headers.USER_AGENT),
        header(exchange, Headers.IF_NONE_MATCH));
  }

  private static String header(HttpServerExchange exchange, HttpString name) {
    String value = exchange.getRequestHeaders().getFirst(name);
    return value == null ? "" : value;
  }

  private static void send(HttpServerExchange exchange, Reply reply) {
    Page page = reply.page();
    HeaderMap headers = exchange.getResponseHeaders();
    headers.put(
        Headers.CACHE_CONTROL, reply.immutable() ? "public, immutable" : "no-cache, private");
    if (!reply.etag().isEmpty()) {
      headers.put(Headers.ETAG, reply.etag());
      headers.put(Headers.VARY, "Accept");
    }
    if (page.status() >= 400) {
      headers.put(NOSNIFF, "nosniff");
    }
    if (page.status() == 405) {
      headers.put(Headers.ALLOW, "GET, HEAD");
    }
    exchange.setStatusCode(page.status());
    if (page.contentType().isEmpty()) {
      exchange.endExchange();
      return;
    }
    headers.put(Headers.CONTENT_TYPE, page.contentType());
    exchange.getResponseSender().send(ByteBuffer.wrap(page.body()));
  }
}
