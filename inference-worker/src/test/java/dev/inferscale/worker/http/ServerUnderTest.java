package dev.inferscale.worker.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.inferscale.launch.MonotonicTime;
import dev.inferscale.launch.OpsPages;
import dev.inferscale.worker.ArithmeticBackend;
import dev.inferscale.worker.Goldens;
import dev.inferscale.worker.engine.Engine;
import dev.inferscale.worker.engine.EngineSettings;
import dev.inferscale.worker.model.Tokenizer;
import dev.inferscale.worker.telemetry.Identity;
import dev.inferscale.worker.telemetry.WorkerMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.Set;

/// A real server on a free port of the loopback, over a backend that computes by arithmetic.
final class ServerUnderTest implements AutoCloseable {
  static final Duration LIMIT = Duration.ofSeconds(30);
  static final Tokenizer TOKENIZER = Tokenizer.load(Goldens.DEMO_MODEL);
  static final int VOCABULARY = 3072;
  static final int CONTEXT = 400;
  static final int END = 2;

  private static final ObjectMapper JSON = new ObjectMapper();

  final ArithmeticBackend backend = new ArithmeticBackend(16, 400, CONTEXT, VOCABULARY);
  final Engine engine;
  final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(LIMIT).build();
  private final WorkerServer server;

  ServerUnderTest() {
    this(8, 20, new TenantRule("", List.of()));
  }

  ServerUnderTest(int maxRunning, int maxQueue, TenantRule tenants) {
    MonotonicTime time = new MonotonicTime();
    PrometheusRegistry registry = new PrometheusRegistry();
    WorkerMetrics metrics =
        new WorkerMetrics(
            registry, new Identity("demo", "cpu", "test", 16, 6400, maxRunning, maxQueue, 0, 3));
    EngineSettings settings =
        new EngineSettings(
            maxRunning, maxQueue, 64, Duration.ofMinutes(5), Duration.ofMinutes(5), Set.of(END));
    engine = Engine.start(backend, settings, metrics, time, () -> {});
    SequencedMap<String, OpsPages.Check> ready = new LinkedHashMap<>();
    ready.put("engine", () -> engine.unready(Duration.ofMinutes(1)));
    server =
        WorkerServer.start(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            new ServedModel(
                "demo", TOKENIZER, CONTEXT, VOCABULARY, "test", maxRunning + maxQueue + 4, 1),
            engine,
            tenants,
            new OpsPages(registry, new LinkedHashMap<>(), ready),
            time);
  }

  record Answer(int status, String contentType, HttpResponse<String> response) {
    String body() {
      return response.body();
    }

    JsonNode json() throws IOException {
      return JSON.readTree(body());
    }

    JsonNode error() throws IOException {
      return json().path("error");
    }

    /// The events of a stream, without `data: `.
    List<String> events() {
      return body().lines().filter(line -> !line.isEmpty()).map(line -> line.substring(6)).toList();
    }

    String streamedText() throws IOException {
      StringBuilder text = new StringBuilder();
      for (String event : events()) {
        if (!event.equals("[DONE]")) {
          text.append(JSON.readTree(event).path("choices").path(0).path("text").asText());
        }
      }
      return text.toString();
    }
  }

  Answer complete(String body) throws Exception {
    return send(request("/v1/completions").POST(HttpRequest.BodyPublishers.ofString(json(body))));
  }

  Answer get(String path) throws Exception {
    return send(request(path).GET());
  }

  Answer send(HttpRequest.Builder request) throws Exception {
    HttpResponse<String> response =
        client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    return new Answer(
        response.statusCode(), response.headers().firstValue("content-type").orElse(""), response);
  }

  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
        .timeout(LIMIT);
  }

  /// A connection on which a test writes HTTP itself.
  Socket connect() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
    socket.setSoTimeout((int) LIMIT.toMillis());
    return socket;
  }

  /// A completion as a client writes it on the wire.
  static byte[] wire(String body) {
    String json = json(body);
    return ("POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Length: "
            + json.getBytes(UTF_8).length
            + "\r\n\r\n"
            + json)
        .getBytes(UTF_8);
  }

  /// JSON is easier to read in Java with single quotes.
  static String json(String text) {
    return text.replace('\'', '"');
  }

  String metric(String line) throws Exception {
    return get("/metrics")
        .body()
        .lines()
        .filter(text -> text.startsWith(line))
        .findFirst()
        .map(text -> text.substring(text.lastIndexOf(' ') + 1))
        .orElse("absent");
  }

  void awaitMetric(String line, String value) {
    await().atMost(LIMIT).until(() -> metric(line).equals(value));
  }

  @Override
  public void close() {
    backend.open();
    try {
      engine.stop(Duration.ZERO);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    server.close();
    client.close();
  }
}
