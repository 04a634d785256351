package dev.inferscale.worker.http;

import dev.inferscale.worker.engine.Admission;
import dev.inferscale.worker.engine.Engine;
import dev.inferscale.worker.engine.Generation;
import dev.inferscale.worker.telemetry.RequestLog;
import io.undertow.io.Receiver;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.IoUtils;
import org.xnio.XnioExecutor;

/// `POST /v1/completions`: reads the body on the IO thread, the rest runs on a virtual thread.
final class CompletionHandler implements HttpHandler {
  private static final Logger LOG = LoggerFactory.getLogger(CompletionHandler.class);
  static final int MAX_BODY_BYTES = 1 << 20;
  private static final Duration BODY_LIMIT = Duration.ofSeconds(30);
  private static final int MAX_RETRY_AFTER_SECONDS = 60;

  private final ServedModel model;
  private final Engine engine;
  private final TenantRule tenants;
  private final InstantSource time;
  private final Duration writeLimit;
  private final Executor threads;
  private final int maxConcurrent;
  private final AtomicInteger concurrent = new AtomicInteger();

  CompletionHandler(
      ServedModel model,
      Engine engine,
      TenantRule tenants,
      InstantSource time,
      Duration writeLimit,
      Executor threads,
      int maxConcurrent) {
    this.model = model;
    this.engine = engine;
    this.tenants = tenants;
    this.time = time;
    this.writeLimit = writeLimit;
    this.threads = threads;
    this.maxConcurrent = maxConcurrent;
  }

  @Override
  public void handleRequest(HttpServerExchange exchange) {
    Instant arrived = time.instant();
    RequestLog.Call call =
        new RequestLog.Call(
            CallerHeaders.requestId(exchange),
            CallerHeaders.traceId(exchange),
            model.name(),
            tenants.tenantOf(exchange),
            false,
            0,
            engine.load().waiting());
    exchange.getResponseHeaders().put(Responses.REQUEST_ID, call.id());
    if (exchange.getRequestContentLength() > MAX_BODY_BYTES) {
      refuse(exchange, call, ApiError.tooLarge(MAX_BODY_BYTES));
      return;
    }
    // Bodies are held in memory before the engine can say no, so their number has a limit too.
    int others = concurrent.getAndIncrement();
    exchange.addExchangeCompleteListener((_, next) -> {
      concurrent.decrementAndGet();
      next.proceed();
    });
    if (others >= maxConcurrent) {
      refuse(exchange, call, ApiError.rejected(engine.turnAway(), retryAfterSeconds()));
      return;
    }
    receive(exchange, call, arrived);
  }

  private void receive(HttpServerExchange exchange, RequestLog.Call call, Instant arrived) {
    XnioExecutor.Key late =
        exchange
            .getIoThread()
            .executeAfter(
                () -> IoUtils.safeClose(exchange.getConnection()),
                BODY_LIMIT.toSeconds(),
                TimeUnit.SECONDS);
    Receiver receiver = exchange.getRequestReceiver();
    receiver.setMaxBufferSize(MAX_BODY_BYTES);
    receiver.receiveFullBytes(
        (_, body) -> {
          late.remove();
          exchange.dispatch(threads, () -> serve(exchange, call, body, arrived));
        },
        (_, failure) -> {
          late.remove();
          unreadable(exchange, call, failure);
        });
  }

  private void unreadable(HttpServerExchange exchange, RequestLog.Call call, IOException failure) {
    if (failure instanceof Receiver.RequestToLargeException) {
      refuse(exchange, call, ApiError.tooLarge(MAX_BODY_BYTES));
    } else {
      IoUtils.safeClose(exchange.getConnection());
    }
  }

  private void serve(
      HttpServerExchange exchange, RequestLog.Call call, byte[] body, Instant arrived) {
    try {
      CompletionRequest request = CompletionRequest.parse(body, model.name(), model.vocabulary());
      submit(exchange, call.asking(request.stream(), request.maxTokens()), request, arrived);
    } catch (Refused e) {
      refuse(exchange, call, e.error());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      IoUtils.safeClose(exchange.getConnection());
    } catch (RuntimeException e) {
      LOG.atError().setCause(e).addKeyValue("request_id", call.id()).log("a request failed");
      refuse(exchange, call, ApiError.internal(call.id()));
    }
  }

  private void submit(
      HttpServerExchange exchange, RequestLog.Call call, CompletionRequest request, Instant arrived)
      throws Refused, InterruptedException {
    Generation generation =
        new Generation(
            promptTokens(request.prompt()),
            request.maxTokens(),
            request.sampling(ThreadLocalRandom.current().nextLong()),
            request.ignoreEos(),
            call.tenant(),
            arrived);
    switch (engine.submit(generation)) {
      case Admission.Rejected rejected ->
          refuse(exchange, call, ApiError.rejected(rejected, retryAfterSeconds()));
      case Admission.Accepted(var stream) ->
          new CompletionExchange(
                  exchange,
                  call,
                  new CompletionDocuments(
                      "cmpl-" + CallerHeaders.newId(),
                      arrived.getEpochSecond(),
                      model.name(),
                      request.includeUsage()),
                  new CompletionText(model.tokenizer(), request.stop()),
                  stream,
                  new ResponseWriter(exchange, writeLimit))
              .run();
    }
  }

  private int[] promptTokens(CompletionRequest.Prompt prompt) throws Refused {
    int[] tokens =
        switch (prompt) {
          case CompletionRequest.Prompt.Text(String text) -> model.tokenizer().encode(text, true);
          case CompletionRequest.Prompt.Tokens(int[] ids) -> ids;
        };
    if (tokens.length == 0) {
      throw new Refused(ApiError.invalid("prompt", "prompt must have at least one token"));
    }
    return tokens;
  }

  /// The queue moves as fast as its head has waited: a fair guess of when there is room.
  private int retryAfterSeconds() {
    long seconds = engine.load().oldestWait().toSeconds() + 1;
    return (int) Math.min(seconds, MAX_RETRY_AFTER_SECONDS);
  }

  private static void refuse(HttpServerExchange exchange, RequestLog.Call call, ApiError error) {
    RequestLog.refused(call, error.status(), String.valueOf(error.code()));
    Responses.send(exchange, error);
  }
}
