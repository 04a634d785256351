package dev.inferscale.adapter;

import dev.inferscale.adapter.tally.Call;
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
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Turns exchanges into requests and replies into exchanges, on the IO thread that read them, and
/// counts. All headers that our servers send are set here. Requests beyond what may be in flight
/// are answered 503, without `Retry-After`.
final class Answering implements HttpHandler {
  private static final Logger LOG = LoggerFactory.getLogger(Answering.class);
  private static final HttpString NOSNIFF = new HttpString("X-Content-Type-Options");

  private final Function<Request, Reply> answer;
  private final Function<MalformedRequest, Page> malformed;
  private final Page failed;
  private final Page tooMany;
  private final Optional<Guard> guard;
  private final InstantSource clock;
  private final Tally tally = new Tally();
  private final InFlight inFlight;

  /// @param answer what to reply
  /// @param malformed the page for a request that cannot be read, 400 or 414
  /// @param failed the page for a fault of ours
  /// @param tooMany the page for a request that there is no place for
  /// @param maxInFlight requests that are answered at a time
  /// @param guard of who is answered; empty for everybody
  Answering(
      Function<Request, Reply> answer,
      Function<MalformedRequest, Page> malformed,
      Page failed,
      Page tooMany,
      int maxInFlight,
      Optional<Guard> guard,
      InstantSource clock) {
    this.answer = answer;
    this.malformed = malformed;
    this.failed = failed;
    this.tooMany = tooMany;
    this.inFlight = new InFlight(maxInFlight);
    this.guard = guard;
    this.clock = clock;
  }

  Statistics statistics() {
    return tally.statistics(inFlight.now(), inFlight.limit());
  }

  @Override
  public void handleRequest(HttpServerExchange exchange) {
    Begun begun = new Begun(exchange, clock.instant(), inFlight.enter());
    try {
      Request request = read(exchange);
      begun.call = Call.of(request);
      if (begun.hasPlace) {
        answer(begun, request);
      } else {
        finish(begun, Reply.of(Surface.OTHER, tooMany));
      }
    } catch (MalformedRequest unreadable) {
      finish(begun, Reply.of(Surface.OTHER, malformed.apply(unreadable)));
    } catch (RuntimeException bug) {
      finish(begun, failure(bug));
    }
  }

  private void answer(Begun begun, Request request) {
    if (guard.isEmpty()) {
      finish(begun, reply(request));
      return;
    }
    Consumer<Optional<Page>> decided =
        refusal ->
            finish(
                begun,
                refusal.map(page -> Reply.of(Surface.OTHER, page)).orElseGet(() -> reply(request)));
    guard.get().pass(begun.exchange, request, inFlight, decided);
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

  private void finish(Begun begun, Reply reply) {
    long spent = Duration.between(begun.start, clock.instant()).toNanos();
    tally.add(begun.call, reply.surface(), reply.page().status(), spent);
    send(begun, reply);
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

  private static void send(Begun begun, Reply reply) {
    HttpServerExchange exchange = begun.exchange;
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
      begun.leave();
      exchange.endExchange();
      return;
    }
    headers.put(Headers.CONTENT_TYPE, page.contentType());
    // With Undertow's own callback the answer is one write, and costs less.
    exchange.getResponseSender().send(ByteBuffer.wrap(page.body()));
    begun.leaveOnceSent();
  }

  /// A request until its answer is on its way. What is left of the request then, such as a body
  /// that nobody reads, holds no place. Only its IO thread uses it.
  private final class Begun {
    private final HttpServerExchange exchange;
    private final Instant start;
    private Call call = Call.NON_RESOURCE;
    private boolean hasPlace;

    Begun(HttpServerExchange exchange, Instant start, boolean hasPlace) {
      this.exchange = exchange;
      this.start = start;
      this.hasPlace = hasPlace;
    }

    void leave() {
      if (hasPlace) {
        hasPlace = false;
        inFlight.leave();
      }
    }

    void leaveOnceSent() {
      if (exchange.isResponseComplete()) {
        leave();
      } else {
        exchange.addExchangeCompleteListener((ended, next) -> {
          leave();
          next.proceed();
        });
      }
    }
  }
}
