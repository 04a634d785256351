package dev.inferscale.app.act.outbox;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.inferscale.signals.kube.ApiServer;
import dev.inferscale.signals.kube.KubeAccess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/// An API server that holds one Lease and answers every other write with one status. Over real
/// HTTP, so that what is tried is what is sent.
public final class StubApi implements AutoCloseable {
  /// One request as it came.
  public record Asked(String method, String path, String contentType, String body) {}

  private static final String WRITTEN = "{\"metadata\":{\"resourceVersion\":\"written\"}}";

  public final List<Asked> asked = new CopyOnWriteArrayList<>();
  private final HttpServer server;
  private final ApiServer client;

  // Written by tests and the server's thread.
  private volatile int code = 200;
  private volatile String forbidden = "nowhere";
  private volatile String lease = "{\"metadata\":{\"name\":\"writer\",\"resourceVersion\":\"1\"}}";
  private final AtomicInteger version = new AtomicInteger(1);

  public StubApi(Path folder) throws IOException {
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

  public Api api() {
    return Api.of(client);
  }

  /// Every request is answered so from now on; 200 means as it should be.
  public void answers(int status) {
    code = status;
  }

  /// In this namespace nothing is allowed.
  public void forbids(String namespace) {
    forbidden = namespace;
  }

  public String lease() {
    return lease;
  }

  /// Somebody else writes the lease.
  public void lease(String holder) {
    lease =
        """
        {"metadata": {"name": "writer", "resourceVersion": "%d"},
         "spec": {"holderIdentity": "%s", "leaseDurationSeconds": 15}}
        """
            .formatted(version.incrementAndGet(), holder);
  }

  private void answer(HttpExchange exchange) throws IOException {
    String body = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
    String type = exchange.getRequestHeaders().getFirst("Content-Type");
    String path = exchange.getRequestURI().toString();
    asked.add(new Asked(exchange.getRequestMethod(), path, type == null ? "" : type, body));
    if (code != 200) {
      reply(exchange, code, "{\"kind\":\"Status\",\"message\":\"as\\nthe test wants\"}");
    } else if (path.contains("/namespaces/" + forbidden + "/")) {
      reply(exchange, 403, "{}");
    } else if (path.contains("/leases/") && exchange.getRequestMethod().equals("PUT")) {
      put(exchange, body);
    } else {
      reply(exchange, 200, path.contains("/leases/") ? lease : WRITTEN);
    }
  }

  private void put(HttpExchange exchange, String body) throws IOException {
    String before = "\"resourceVersion\":\"" + version + "\"";
    if (!body.contains(before)) {
      reply(exchange, 409, "{\"kind\":\"Status\",\"message\":\"the object has been modified\"}");
      return;
    }
    lease = body.replace(before, "\"resourceVersion\":\"" + version.incrementAndGet() + "\"");
    reply(exchange, 200, lease);
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
