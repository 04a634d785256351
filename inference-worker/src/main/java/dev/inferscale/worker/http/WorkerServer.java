package dev.inferscale.worker.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.inferscale.launch.OpsPages;
import dev.inferscale.worker.engine.Engine;
import io.undertow.Handlers;
import io.undertow.Undertow;
import io.undertow.UndertowOptions;
import io.undertow.server.DefaultByteBufferPool;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import io.undertow.util.Methods;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.xnio.Options;

/// The worker's HTTP server.
public final class WorkerServer implements AutoCloseable {
  private static final int BUFFER_BYTES = 16 * 1024;
  private static final int IO_THREADS = 2;
  private static final int MAX_CONNECTIONS = 4096;
  private static final int MAX_HEADER_BYTES = 16 * 1024;
  private static final int HEADER_LIMIT_MILLIS = 10_000;
  private static final int IDLE_LIMIT_MILLIS = 120_000;
  private static final Duration WRITE_LIMIT = Duration.ofSeconds(30);
  private static final Duration LAST_BYTES = Duration.ofSeconds(1);

  private final ServedModel model;
  private final OpsPages pages;
  private final HttpHandler completions;
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("request-", 0).factory());
  private final Undertow server;

  private WorkerServer(
      InetSocketAddress address,
      ServedModel model,
      Engine engine,
      TenantRule tenants,
      OpsPages pages,
      InstantSource time) {
    this.model = model;
    this.pages = pages;
    completions =
        new CompletionHandler(
            model, engine, tenants, time, WRITE_LIMIT, threads, model.maxConcurrent());
    server =
        Undertow.builder()
            .addHttpListener(address.getPort(), address.getHostString())
            .setIoThreads(IO_THREADS)
            // Nothing runs on the server's own workers; they need not exist.
            .setWorkerThreads(1)
            // The default pool keeps buffers per thread, which virtual threads never give back.
            .setByteBufferPool(new DefaultByteBufferPool(true, BUFFER_BYTES, -1, 0))
            .setServerOption(UndertowOptions.MAX_HEADER_SIZE, MAX_HEADER_BYTES)
            .setServerOption(UndertowOptions.REQUEST_PARSE_TIMEOUT, HEADER_LIMIT_MILLIS)
            .setServerOption(UndertowOptions.NO_REQUEST_TIMEOUT, IDLE_LIMIT_MILLIS)
            .setSocketOption(Options.CONNECTION_HIGH_WATER, MAX_CONNECTIONS)
            .setSocketOption(Options.CONNECTION_LOW_WATER, MAX_CONNECTIONS)
            .setHandler(Handlers.httpContinueRead(this::route))
            .build();
  }

  /// Starts to listen.
  ///
  /// @param address port 0 takes a free one, see [#port]
  /// @param time monotonic
  /// @throws RuntimeException when the address cannot be had; its cause is a `BindException`
  public static WorkerServer start(
      InetSocketAddress address,
      ServedModel model,
      Engine engine,
      TenantRule tenants,
      OpsPages pages,
      InstantSource time) {
    WorkerServer server = new WorkerServer(address, model, engine, tenants, pages, time);
    server.server.start();
    return server;
  }

  /// The port that it listens on.
  public int port() {
    return ((InetSocketAddress) server.getListenerInfo().getFirst().getAddress()).getPort();
  }

  /// Closes the port and all connections. When the engine was stopped before, every request has its
  /// end by now; a moment is left for the last bytes.
  @Override
  public void close() {
    threads.shutdown();
    try {
      threads.awaitTermination(LAST_BYTES.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    threads.shutdownNow();
    server.stop();
  }

  private void route(HttpServerExchange exchange) throws Exception {
    switch (exchange.getRequestPath()) {
      case "/v1/completions" -> {
        if (allows(exchange, "POST", exchange.getRequestMethod().equals(Methods.POST))) {
          completions.handleRequest(exchange);
        }
      }
      case "/v1/models" -> {
        if (allowsReading(exchange)) {
          Responses.send(exchange, 200, Responses.JSON, CompletionDocuments.bytes(models()));
        }
      }
      case "/metrics" -> {
        if (allowsReading(exchange)) {
          String accept = exchange.getRequestHeaders().getFirst(Headers.ACCEPT);
          Responses.send(exchange, pages.metrics(accept == null ? "" : accept));
        }
      }
      case "/livez" -> {
        if (allowsReading(exchange)) {
          Responses.send(exchange, pages.livez(isVerbose(exchange)));
        }
      }
      case "/readyz" -> {
        if (allowsReading(exchange)) {
          Responses.send(exchange, pages.readyz(isVerbose(exchange)));
        }
      }
      default -> Responses.send(exchange, ApiError.unknownPath());
    }
  }

  private static boolean allowsReading(HttpServerExchange exchange) {
    boolean reading =
        exchange.getRequestMethod().equals(Methods.GET)
            || exchange.getRequestMethod().equals(Methods.HEAD);
    return allows(exchange, "GET", reading);
  }

  private static boolean allows(HttpServerExchange exchange, String method, boolean allowed) {
    if (!allowed) {
      exchange.getResponseHeaders().put(Headers.ALLOW, method);
      Responses.send(exchange, ApiError.wrongMethod(method));
    }
    return allowed;
  }

  private static boolean isVerbose(HttpServerExchange exchange) {
    return exchange.getQueryParameters().containsKey("verbose");
  }

  private ObjectNode models() {
    ObjectNode document = JsonNodeFactory.instance.objectNode().put("object", "list");
    document
        .putArray("data")
        .addObject()
        .put("id", model.name())
        .put("object", "model")
        .put("created", model.created())
        .put("owned_by", "inferscale")
        .put("max_model_len", model.contextTokens())
        .put("device", model.device());
    return document;
  }
}
