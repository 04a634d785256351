package dev.inferscale.e2e.bed;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/// An engine whose conduct a test changes while it is read, on an address of its own on loopback:
/// each path shows numbers, sends elsewhere or is out of service.
final class LiveEngine implements AutoCloseable {
  /// Tokens that the engine generates, as its counter tells.
  static final int TOKENS_PER_SECOND = 1000;

  private static final long BEGAN_WITH = 500_000;

  private final String address;
  private final HttpServer server;
  private final long began = System.nanoTime();
  private final Map<String, Conduct> conducts = new ConcurrentHashMap<>();
  private final AtomicInteger asked = new AtomicInteger();

  /// How a path answers.
  private interface Conduct {
    void answer(HttpExchange exchange) throws IOException;
  }

  LiveEngine() throws IOException {
    this(null);
  }

  /// @param tls of an engine that speaks https, null for http
  LiveEngine(@Nullable SSLContext tls) throws IOException {
    try (MetricsPages free = new MetricsPages()) {
      address = free.reserve();
      InetSocketAddress at = new InetSocketAddress(address, free.port());
      if (tls == null) {
        server = HttpServer.create(at, 0);
      } else {
        HttpsServer secure = HttpsServer.create(at, 0);
        secure.setHttpsConfigurator(new HttpsConfigurator(tls));
        server = secure;
      }
    }
    server.createContext("/", this::answer);
    server.start();
  }

  String address() {
    return address;
  }

  int port() {
    return server.getAddress().getPort();
  }

  /// Requests so far, on any path.
  int asked() {
    return asked.get();
  }

  /// From now on the path shows 25 running, 8 waiting, and a counter of tokens that has grown
  /// steadily since the engine began, whoever looked.
  LiveEngine shows(String path) {
    return shows(path, 8, 25);
  }

  /// From now on the path shows that many waiting and running, and the counter.
  LiveEngine shows(String path, int waiting, int running) {
    conducts.put(path, exchange -> send(exchange, 200, page(waiting, running)));
    return this;
  }

  /// From now on the path shows the same, to whoever brings this token.
  LiveEngine showsTo(String token, String path) {
    conducts.put(
        path,
        exchange -> {
          String brought = exchange.getRequestHeaders().getFirst("Authorization");
          boolean right = ("Bearer " + token).equals(brought);
          send(exchange, right ? 200 : 401, right ? page(8, 25) : "who are you?");
        });
    return this;
  }

  /// From now on the path sends there, with an empty body.
  LiveEngine redirects(String path, String location) {
    conducts.put(
        path,
        exchange -> {
          exchange.getResponseHeaders().set("Location", location);
          exchange.sendResponseHeaders(307, -1);
          exchange.close();
        });
    return this;
  }

  /// From now on the path is out of service; the engine goes on.
  LiveEngine goesDark(String path) {
    conducts.put(path, exchange -> send(exchange, 503, "gone for a while"));
    return this;
  }

  /// From now on whoever asks there is connected and gets no answer.
  LiveEngine goesSilent(String path) {
    conducts.put(path, _ -> {});
    return this;
  }

  private String page(int waiting, int running) {
    double tokens = BEGAN_WITH + TOKENS_PER_SECOND * ((System.nanoTime() - began) / 1e9);
    return """
    # TYPE vllm:num_requests_running gauge
    vllm:num_requests_running{model_name="acme/chat"} %d
    # TYPE vllm:num_requests_waiting gauge
    vllm:num_requests_waiting{model_name="acme/chat"} %d
    # TYPE vllm:generation_tokens_total counter
    vllm:generation_tokens_total{model_name="acme/chat"} %d
    """
        .formatted(running, waiting, (long) tokens);
  }

  private void answer(HttpExchange exchange) throws IOException {
    asked.incrementAndGet();
    Conduct conduct = conducts.get(exchange.getRequestURI().getPath());
    if (conduct == null) {
      send(exchange, 404, "no such path");
    } else {
      conduct.answer(exchange);
    }
  }

  private static void send(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(UTF_8);
    try (exchange) {
      exchange.sendResponseHeaders(status, bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
