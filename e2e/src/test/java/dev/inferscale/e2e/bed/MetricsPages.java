package dev.inferscale.e2e.bed;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

/// The metrics pages of pods: each on an address of its own on loopback, all on one port.
final class MetricsPages implements AutoCloseable {
  private static final AtomicInteger ADDRESSES =
      new AtomicInteger(ThreadLocalRandom.current().nextInt(1 << 14) << 8);

  private final Map<String, HttpServer> servers = new HashMap<>();
  private final int port;

  MetricsPages() {
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  int port() {
    return port;
  }

  /// An address at which nothing answers yet.
  String reserve() {
    int next = ADDRESSES.incrementAndGet() & 0x3f_ffff;
    return "127.%d.%d.%d".formatted(64 + (next >> 16), next >> 8 & 0xff, next & 0xff);
  }

  /// Shows, at a new address, an engine with so many requests waiting.
  String show(int waiting) throws IOException {
    String address = reserve();
    show(address, waiting);
    return address;
  }

  void show(String address, int waiting) throws IOException {
    byte[] page =
        """
        # TYPE vllm:num_requests_running gauge
        vllm:num_requests_running{model_name="acme/chat"} 1
        # TYPE vllm:num_requests_waiting gauge
        vllm:num_requests_waiting{model_name="acme/chat"} %d
        """
            .formatted(waiting)
            .getBytes(StandardCharsets.UTF_8);
    HttpServer server = HttpServer.create(new InetSocketAddress(address, port), 0);
    server.createContext(
        "/metrics",
        exchange -> {
          exchange.sendResponseHeaders(200, page.length);
          exchange.getResponseBody().write(page);
          exchange.close();
        });
    server.start();
    servers.put(address, server);
  }

  /// From now on nothing answers there.
  void hide(String address) {
    HttpServer server = servers.remove(address);
    if (server != null) {
      server.stop(0);
    }
  }

  @Override
  public void close() {
    servers.values().forEach(server -> server.stop(0));
  }
}
