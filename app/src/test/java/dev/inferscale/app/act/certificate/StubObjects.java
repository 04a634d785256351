package dev.inferscale.app.act.certificate;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.inferscale.app.act.outbox.Api;
import dev.inferscale.signals.kube.ApiServer;
import dev.inferscale.signals.kube.KubeAccess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/// An API server that keeps objects by their paths: a version that is no more is a conflict, as is
/// making what is there. Over real HTTP, so that what is tried is what is sent.
final class StubObjects implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  /// `METHOD PATH` of each write.
  final List<String> writes = new CopyOnWriteArrayList<>();

  private final Map<String, ObjectNode> objects = new HashMap<>();
  private final HttpServer server;
  private final ApiServer client;
  private int version;
  private int code = 200;

  StubObjects(Path folder) throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.start();
    Path kubeconfig = folder.resolve("kubeconfig");
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
    client = new ApiServer(new KubeAccess.Kubeconfig(kubeconfig));
  }

  Api api() {
    return Api.of(client);
  }

  /// Every request is answered so from now on; 200 means as it should be.
  synchronized void answers(int status) {
    code = status;
  }

  synchronized void put(String path, ObjectNode object) {
    object.withObject("/metadata").put("resourceVersion", String.valueOf(++version));
    objects.put(path, object);
  }

  synchronized @Nullable ObjectNode get(String path) {
    return objects.get(path);
  }

  synchronized void delete(String path) {
    objects.remove(path);
  }

  private synchronized void answer(HttpExchange exchange) throws IOException {
    String method = exchange.getRequestMethod();
    String path = exchange.getRequestURI().getPath();
    String body = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
    if (!method.equals("GET")) {
      writes.add(method + " " + path);
    }
    if (code != 200) {
      reply(exchange, code, "{}");
    } else if (method.equals("GET")) {
      ObjectNode found = objects.get(path);
      reply(exchange, found == null ? 404 : 200, found == null ? "{}" : found.toString());
    } else {
      write(exchange, method, path, (ObjectNode) JSON.readTree(body));
    }
  }

  private void write(HttpExchange exchange, String method, String path, ObjectNode body)
      throws IOException {
    JsonNode metadata = body.path("metadata");
    String at = method.equals("POST") ? path + "/" + metadata.path("name").asText() : path;
    ObjectNode standing = objects.get(at);
    if (method.equals("POST") != (standing == null)) {
      reply(exchange, standing == null ? 404 : 409, "{}");
    } else if (standing != null
        && !standing
            .path("metadata")
            .path("resourceVersion")
            .equals(metadata.path("resourceVersion"))) {
      reply(exchange, 409, "{}");
    } else {
      put(at, standing != null && method.equals("PATCH") ? merged(standing, body) : body);
      reply(exchange, method.equals("POST") ? 201 : 200, body.toString());
    }
  }

  private static ObjectNode merged(ObjectNode standing, ObjectNode patch) throws IOException {
    return JSON.readerForUpdating(standing.deepCopy()).readValue(patch);
  }

  private static void reply(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  @Override
  public void close() {
    client.close();
    server.stop(0);
  }
}
