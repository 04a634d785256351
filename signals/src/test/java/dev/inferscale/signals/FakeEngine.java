package dev.inferscale.signals;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPOutputStream;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/// An HTTP server on loopback that plays an engine, also badly. What it shows can be changed while
/// it runs.
public final class FakeEngine implements AutoCloseable {
  private final String scheme;
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Map<String, HttpHandler> pages = new ConcurrentHashMap<>();
  private final Map<String, String> lastHeaders = new ConcurrentHashMap<>();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final AtomicInteger requests = new AtomicInteger();
  private final AtomicInteger inFlight = new AtomicInteger();
  private final AtomicInteger mostInFlight = new AtomicInteger();

  public FakeEngine() {
    this(null);
  }

  /// @param tls of a server that speaks https, null for http
  public FakeEngine(@Nullable SSLContext tls) {
    InetSocketAddress loopback = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    scheme = tls == null ? "http" : "https";
    try {
      if (tls == null) {
        server = HttpServer.create(loopback, 0);
      } else {
        HttpsServer secure = HttpsServer.create(loopback, 0);
        secure.setHttpsConfigurator(new HttpsConfigurator(tls));
        server = secure;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  private void handle(HttpExchange exchange) throws IOException {
    requests.incrementAndGet();
    mostInFlight.accumulateAndGet(inFlight.incrementAndGet(), Math::max);
    try (exchange) {
      exchange.getRequestHeaders().forEach((k, v) -> lastHeaders.put(k, String.join(",", v)));
      HttpHandler page = pages.get(exchange.getRequestURI().getPath());
      if (page == null) {
        exchange.sendResponseHeaders(404, -1);
      } else {
        page.handle(exchange);
      }
    } finally {
      inFlight.decrementAndGet();
    }
  }

  /// Shows a page of text.
  public FakeEngine page(String path, String text) {
    return page(path, 200, text.getBytes(StandardCharsets.UTF_8), Map.of());
  }

  public FakeEngine status(String path, int status) {
    return page(path, status, new byte[0], Map.of());
  }

  public FakeEngine redirect(String path, String location) {
    return page(path, 307, new byte[0], Map.of("Location", location));
  }

  public FakeEngine gzip(String path, byte[] compressed) {
    return page(path, 200, compressed, Map.of("Content-Encoding", "gzip"));
  }

  private FakeEngine page(String path, int status, byte[] body, Map<String, String> headers) {
    pages.put(
        path,
        exchange -> {
          headers.forEach(exchange.getResponseHeaders()::set);
          exchange.getResponseHeaders().set("Content-Type", "text/plain; version=0.0.4");
          exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
          exchange.getResponseBody().write(body);
        });
    return this;
  }

  /// Shows a page only to whoever brings this token.
  public FakeEngine guarded(String path, String token, String text) {
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    pages.put(
        path,
        exchange -> {
          String shown = exchange.getRequestHeaders().getFirst("Authorization");
          boolean right = ("Bearer " + token).equals(shown);
          exchange.sendResponseHeaders(right ? 200 : 401, right ? body.length : -1);
          exchange.getResponseBody().write(right ? body : new byte[0]);
        });
    return this;
  }

  /// Begins an answer and never ends it.
  public FakeEngine hangInBody(String path) {
    return hangAfter(path, 1);
  }

  /// Sends so many bytes of an answer and never ends it.
  public FakeEngine hangAfter(String path, int bytes) {
    byte[] begun = "#".repeat(bytes).getBytes(StandardCharsets.UTF_8);
    pages.put(
        path,
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          exchange.getResponseBody().write(begun);
          exchange.getResponseBody().flush();
          waitForClose();
        });
    return this;
  }

  /// Sends so many zeros, without saying how many.
  public FakeEngine flood(String path, long bytes) {
    pages.put(
        path,
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          byte[] chunk = new byte[1 << 16];
          for (long sent = 0; sent < bytes; sent += chunk.length) {
            exchange.getResponseBody().write(chunk);
          }
        });
    return this;
  }

  private void waitForClose() {
    try {
      closed.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  public URI uri(String path) {
    return URI.create(scheme + "://127.0.0.1:" + port() + path);
  }

  public int port() {
    return server.getAddress().getPort();
  }

  public int requests() {
    return requests.get();
  }

  public int mostInFlight() {
    return mostInFlight.get();
  }

  /// Headers of the requests so far, the latest value of each.
  public Map<String, String> lastHeaders() {
    return Map.copyOf(lastHeaders);
  }

  public static byte[] compressed(byte[] plain) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(plain);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  @Override
  public void close() {
    closed.countDown();
    server.stop(0);
    threads.shutdownNow();
  }
}
