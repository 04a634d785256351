package dev.inferscale.app.apis;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.inferscale.signals.kube.KubeAccess;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/// As much of an API server as a watch of single objects sees, over real HTTP: each list has at
/// most the object that is asked for by its name, or all of a folder, and a watch says that it is
/// too old as soon as anything changes.
public final class StubRegistry implements AutoCloseable {
  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Map<String, String> objects = new TreeMap<>();
  private final Set<String> methods = new TreeSet<>();
  private int version = 1;
  private int code = 200;

  public StubRegistry() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
  }

  /// How it is reached.
  ///
  /// @param folder for a kubeconfig
  public KubeAccess access(Path folder) throws IOException {
    Path file = folder.resolve("kubeconfig");
    Files.writeString(
        file,
        """
        apiVersion: v1
        kind: Config
        clusters: [{name: c, cluster: {server: "http://127.0.0.1:%d"}}]
        users: [{name: u, user: {token: t}}]
        contexts: [{name: x, context: {cluster: c, user: u}}]
        current-context: x
        """
            .formatted(server.getAddress().getPort()));
    return new KubeAccess.Kubeconfig(file);
  }

  /// Somebody makes or changes an object.
  ///
  /// @param path of the folder, `/`, name
  public synchronized void put(String path, String json) {
    objects.put(path, json);
    changed();
  }

  public synchronized void remove(String path) {
    objects.remove(path);
    changed();
  }

  /// Everything is answered so from now on; 200 means as it should be.
  public synchronized void answers(int status) {
    code = status;
    changed();
  }

  /// All methods that it was asked with.
  public synchronized Set<String> methods() {
    return Set.copyOf(methods);
  }

  private synchronized void changed() {
    version++;
    notifyAll();
  }

  private synchronized void awaitOther(int seen) throws InterruptedException {
    while (version == seen) {
      wait();
    }
  }

  private synchronized int code() {
    return code;
  }

  private void answer(HttpExchange exchange) throws IOException {
    synchronized (this) {
      methods.add(exchange.getRequestMethod());
    }
    String query = exchange.getRequestURI().getQuery();
    if (code() != 200) {
      exchange.sendResponseHeaders(code(), -1);
    } else if (query.contains("watch=true")) {
      watch(exchange, query);
    } else {
      byte[] body = list(exchange.getRequestURI().getPath(), query).getBytes(UTF_8);
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
    }
    exchange.close();
  }

  private synchronized String list(String folder, String query) {
    String only = query.replaceAll(".*metadata.name=([^&]*).*|.*", "$1");
    String items =
        String.join(
            ",",
            objects.entrySet().stream()
                .filter(each -> each.getKey().startsWith(folder + "/" + only))
                .map(Map.Entry::getValue)
                .toList());
    return "{\"metadata\":{\"resourceVersion\":\"%d\"},\"items\":[%s]}".formatted(version, items);
  }

  private void watch(HttpExchange exchange, String query) throws IOException {
    exchange.sendResponseHeaders(200, 0);
    OutputStream body = exchange.getResponseBody();
    body.flush();
    int asked = Integer.parseInt(query.replaceAll(".*resourceVersion=(\\d+).*", "$1"));
    try {
      awaitOther(asked);
      body.write("{\"type\":\"ERROR\",\"object\":{\"code\":410}}\n".getBytes(UTF_8));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
