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
import java.util.Optional;
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
  private final Optional<Guard> guard;
  private final InstantSource clock;
  private final Tally tally = new Tally();

  /// @param answer what to reply
  /// @param malformed the page for a request that cannot be read, 400 or 414
  /// @param failed the page for a fault of ours
  /// @param guard of who is answered; empty for everybody
  Answering(
      Function<Request, Reply> answer,
      Function<MalformedRequest, Page> malformed,
      Page failed,
      Optional<Guard> guard,
      InstantSource clock) {
    this.answer = answer;
    this.malformed = malformed;
    this.failed = failed;
    this.guard = guard;
    this.clock = clock;
  }

  Statistics statistics() {
    return tally.statistics();
  }

  @Override
  public void handleRequest(HttpServerExchange exchange) {
    Instant start = clock.instant();
    try {
      Request request = read(exchange);
      if (guard.isEmpty()) {
        finish(exchange, start, reply(request));
      } else {
        guard
            .get()
            .pass(
                exchange,
                request,
                refusal ->
                    finish(
                        exchange,
                        start,
                        refusal
                            .map(page -> Reply.of(Surface.OTHER, page))
                            .orElseGet(() -> reply(request))));
      }
    } catch (MalformedRequest unreadable) {
      finish(exchange, start, Reply.of(Surface.OTHER, malformed.apply(unreadable)));
    } catch (RuntimeException bug) {
      finish(exchange, start, failure(bug));
    }
  }

  private Reply reply(Request request) {
    try {
      return answer.apply(request);
    } catch (RuntimeException bug) {
      return failure(bug);
    }
  }

  private Reply failure(RuntimeException bug) {
    LOG.atError().setCause(bug).log("request failed");
    return Reply.of(Surface.OTHER, failed);
  }

  private void finish(HttpServerExchange exchange, Instant start, Reply reply) {
    tally.add(reply.surface(), reply.page().status(), Duration.between(start, clock.instant()));
    send(exchange, reply);
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
