package dev.inferscale.adapter;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.inferscale.signals.kube.KubeAccess;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/// An API server that knows one ConfigMap, some tokens and some rights, over real HTTP.
final class StubKube implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  /// The specs of the SubjectAccessReviews that came.
  final List<JsonNode> accessAsked = new CopyOnWriteArrayList<>();

  /// The tokens that were to be reviewed.
  final List<String> tokensAsked = new CopyOnWriteArrayList<>();

  /// The users that tokens belong to.
  final Map<String, String> users = new ConcurrentHashMap<>();

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final BlockingQueue<String> events = new LinkedBlockingQueue<>();
  private final Path kubeconfig;
  private volatile JsonNode trust;
  private volatile int code = 201;
  private volatile CountDownLatch held = new CountDownLatch(0);
  private volatile Predicate<JsonNode> allowed = spec -> true;

  StubKube(Path folder, JsonNode trust) throws IOException {
    this.trust = trust;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/api/v1/namespaces/kube-system/configmaps", this::configMap);
    server.createContext("/apis/authentication.k8s.io/v1/tokenreviews", this::token);
    server.createContext("/apis/authorization.k8s.io/v1/subjectaccessreviews", this::access);
    server.start();
    kubeconfig = folder.resolve("kubeconfig");
    Files.writeString(
        kubeconfig,
        """
        apiVersion: v1
        kind: Config
        clusters: [{name: c, cluster: {server: "http://127.0.0.1:%d"}}]
        users: [{name: u, user: {token: t}}]
        contexts: [{name: x, context: {cluster: c, user: u}}]
        current-context: x
        """
            .formatted(server.getAddress().getPort()));
  }

  /// The ConfigMap of a cluster whose front proxy is called `front-proxy-client`.
  ///
  /// @param clients authorities of users, PEM
  /// @param proxies authorities of the front proxy, PEM
  static ObjectNode trust(String clients, String proxies) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("client-ca-file", clients)
        .put("requestheader-client-ca-file", proxies)
        .put("requestheader-allowed-names", "[\"front-proxy-client\"]")
        .put("requestheader-username-headers", "[\"X-Remote-User\"]")
        .put("requestheader-group-headers", "[\"X-Remote-Group\"]")
        .put("requestheader-extra-headers-prefix", "[\"X-Remote-Extra-\"]");
  }

  Path kubeconfig() {
    return kubeconfig;
  }

  KubeAccess kubeAccess() {
    return new KubeAccess.Kubeconfig(kubeconfig);
  }

  /// The ConfigMap changes, and whoever watches it is told.
  void trusts(JsonNode data) {
    trust = data;
    events.add("{\"type\":\"MODIFIED\",\"object\":" + document() + "}\n");
  }

  /// Reviews are answered with that status from now on; 201 is as it should be.
  void answers(int status) {
    code = status;
  }

  /// Questions who may what are answered only when that is done.
  void waitsFor(CountDownLatch done) {
    held = done;
  }

  /// Who may what, by the spec of a SubjectAccessReview.
  void allows(Predicate<JsonNode> rule) {
    allowed = rule;
  }

  private String document() {
    ObjectNode document = JsonNodeFactory.instance.objectNode();
    document.putObject("metadata").put("resourceVersion", "1");
    document.set("data", trust);
    return document.toString();
  }

  private void configMap(HttpExchange exchange) throws IOException {
    String query = exchange.getRequestURI().getRawQuery();
    if (!query.contains("fieldSelector=metadata.name%3Dextension-apiserver-authentication")) {
      send(exchange, 403, "{}");
      return;
    }
    if (!query.contains("watch=true")) {
      send(
          exchange,
          200,
          "{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[" + document() + "]}");
      return;
    }
    exchange.sendResponseHeaders(200, 0);
    try (OutputStream out = exchange.getResponseBody()) {
      out.flush();
      while (true) {
        String event = events.poll(18, TimeUnit.SECONDS);
        if (event == null) {
          return;
        }
        out.write(event.getBytes(UTF_8));
        out.flush();
      }
    } catch (InterruptedException ending) {
      Thread.currentThread().interrupt();
    }
  }

  private void token(HttpExchange exchange) throws IOException {
    String token = spec(exchange).path("token").asText();
    tokensAsked.add(token);
    String user = users.getOrDefault(token, "");
    send(
        exchange,
        code,
        user.isEmpty()
            ? "{\"status\":{\"authenticated\":false,\"error\":\"not good\"}}"
            : "{\"status\":{\"authenticated\":true,\"user\":{\"username\":\"" + user + "\"}}}");
  }

  private void access(HttpExchange exchange) throws IOException {
    JsonNode spec = spec(exchange);
    accessAsked.add(spec);
    try {
      held.await();
    } catch (InterruptedException ending) {
      Thread.currentThread().interrupt();
      return;
    }
    send(exchange, code, "{\"status\":{\"allowed\":" + allowed.test(spec) + "}}");
  }

  private static JsonNode spec(HttpExchange exchange) throws IOException {
    return JSON.readTree(exchange.getRequestBody()).path("spec");
  }

  private static void send(HttpExchange exchange, int code, String body) throws IOException {
    byte[] bytes = body.getBytes(UTF_8);
    exchange.sendResponseHeaders(code, bytes.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(bytes);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
