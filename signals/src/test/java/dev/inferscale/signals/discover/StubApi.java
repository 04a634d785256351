package dev.inferscale.signals.discover;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.inferscale.signals.kube.KubeAccess;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// As much of an API server as a reflector sees, which can be made to misbehave: one collection
/// with lists in pages, and watches that get every change from their opening on.
final class StubApi implements AutoCloseable {
  static final String PODS = "/api/v1/pods";

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final NavigableMap<String, ObjectNode> items = new TreeMap<>();
  private final List<LinkedBlockingQueue<String>> watches = new CopyOnWriteArrayList<>();
  private final Map<String, byte[]> documents = new ConcurrentHashMap<>();
  private final Map<String, Integer> statuses = new ConcurrentHashMap<>();
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private long version = 10;

  // Set by the test, read by the server's threads.
  private volatile int status = 200;
  private volatile String token = "";
  private volatile boolean silent;

  StubApi() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  /// A kubeconfig for it.
  KubeAccess access(Path folder, String bearer) {
    try {
      Path file = folder.resolve("kubeconfig");
      Files.writeString(
          file,
          """
          apiVersion: v1
          kind: Config
          current-context: stub
          contexts: [{name: stub, context: {cluster: stub, user: stub}}]
          clusters: [{name: stub, cluster: {server: "http://127.0.0.1:%d"}}]
          users: [{name: stub, user: {token: "%s"}}]
          """
              .formatted(server.getAddress().getPort(), bearer));
      return new KubeAccess.Kubeconfig(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  synchronized void put(ObjectNode item) {
    String name = item.at("/metadata/name").asText();
    PodDocuments.versioned(item, ++version);
    tell(items.put(name, item) == null ? "ADDED" : "MODIFIED", item);
  }

  /// Changes it while nobody is told, as when a watch has a gap.
  synchronized void putUnseen(ObjectNode item) {
    items.put(item.at("/metadata/name").asText(), PodDocuments.versioned(item, ++version));
  }

  synchronized void remove(String name) {
    ObjectNode item = items.remove(name);
    if (item != null) {
      tell("DELETED", PodDocuments.versioned(item, ++version));
    }
  }

  private void tell(String type, ObjectNode item) {
    String line = "{\"type\":\"" + type + "\",\"object\":" + item + "}\n";
    watches.forEach(watch -> watch.add(line));
  }

  /// Tells every watch that its version is too old.
  void expire() {
    String line =
        "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":410,\"reason\":\"Expired\"}}\n";
    watches.forEach(watch -> watch.add(line));
  }

  /// Breaks every connection on which a watch runs.
  void breakWatches() {
    watches.forEach(watch -> watch.add("BREAK"));
  }

  /// From now on watches get nothing at all, and do not end: a dead connection.
  void silence(boolean on) {
    silent = on;
  }

  /// Answers everything with this status unless it is 200.
  void status(int code) {
    status = code;
  }

  /// Refuses everybody else.
  void onlyFor(String bearer) {
    token = bearer;
  }

  /// Answers this path, without its query, with this status from now on.
  void status(String path, int code) {
    statuses.put(path, code);
  }

  void document(String path, String json) {
    statuses.remove(path);
    documents.put(path, json.getBytes(StandardCharsets.UTF_8));
  }

  /// Path and query of every request so far.
  List<String> requests() {
    return List.copyOf(requests);
  }

  int watching() {
    return watches.size();
  }

  private void handle(HttpExchange exchange) throws IOException {
    requests.add(exchange.getRequestURI().toString());
    String bearer = String.valueOf(exchange.getRequestHeaders().getFirst("Authorization"));
    byte[] document = documents.get(exchange.getRequestURI().getPath());
    // Left open when something is thrown: the server then cuts the connection.
    if (!token.isEmpty() && !bearer.equals("Bearer " + token)) {
      exchange.sendResponseHeaders(401, -1);
    } else if (status != 200) {
      exchange.sendResponseHeaders(status, -1);
    } else if (statuses.containsKey(exchange.getRequestURI().getPath())) {
      exchange.sendResponseHeaders(statuses.get(exchange.getRequestURI().getPath()), -1);
    } else if (document != null) {
      answer(exchange, document);
    } else if (!exchange.getRequestURI().getPath().equals(PODS)) {
      exchange.sendResponseHeaders(404, -1);
    } else if (query(exchange).containsKey("watch")) {
      watch(exchange);
    } else {
      answer(exchange, list(query(exchange)));
    }
    exchange.close();
  }

  private static void answer(HttpExchange exchange, byte[] body) throws IOException {
    exchange.sendResponseHeaders(200, body.length);
    exchange.getResponseBody().write(body);
  }

  private static Map<String, String> query(HttpExchange exchange) {
    Map<String, String> query = new HashMap<>();
    for (String part : exchange.getRequestURI().getQuery().split("&", -1)) {
      int equals = part.indexOf('=');
      query.put(part.substring(0, equals), part.substring(equals + 1));
    }
    return query;
  }

  /// `continue` is the name of the last item of the page before.
  private synchronized byte[] list(Map<String, String> query) {
    int limit = Integer.parseInt(query.get("limit"));
    String after = query.getOrDefault("continue", "");
    List<String> names = new ArrayList<>(items.tailMap(after, false).keySet());
    ObjectNode page = new ObjectMapper().createObjectNode();
    ArrayNode listed = page.putArray("items");
    names.stream().limit(limit).map(items::get).forEach(listed::add);
    ObjectNode metadata = page.putObject("metadata");
    metadata.put("resourceVersion", String.valueOf(version));
    if (names.size() > limit) {
      metadata.put("continue", names.get(limit - 1));
    }
    return page.toString().getBytes(StandardCharsets.UTF_8);
  }

  private void watch(HttpExchange exchange) throws IOException {
    LinkedBlockingQueue<String> lines = new LinkedBlockingQueue<>();
    long end =
        System.nanoTime()
            + TimeUnit.SECONDS.toNanos(Long.parseLong(query(exchange).get("timeoutSeconds")));
    watches.add(lines);
    try {
      exchange.sendResponseHeaders(200, 0);
      OutputStream body = exchange.getResponseBody();
      body.flush();
      while (silent || System.nanoTime() < end) {
        String line = lines.poll(20, TimeUnit.MILLISECONDS);
        if (line == null || silent) {
          continue;
        }
        if (line.equals("BREAK")) {
          throw new IllegalStateException("broken on purpose");
        }
        body.write(line.getBytes(StandardCharsets.UTF_8));
        body.flush();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      watches.remove(lines);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
