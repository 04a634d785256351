package dev.inferscale.e2e.bed;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;

/// Test equipment: what kube-proxy and the readiness probe are to a Service of two pods. New
/// connections go in turn to the replicas whose `/readyz` said yes when it was last asked;
/// connections that stand stay where they are until one side ends them.
final class Balancer implements AutoCloseable {
  private static final Duration PROBED_EVERY = Duration.ofMillis(200);
  private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(1);

  private final ServerSocket door;
  private final HttpClient prober;
  private final ScheduledExecutorService probing =
      Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().factory());
  private final AtomicInteger turn = new AtomicInteger();

  /// Ports of loopback.
  private volatile List<Integer> members = List.of();

  private volatile List<Integer> ready = List.of();

  /// @param trust of the replicas' certificates
  Balancer(SSLContext trust) {
    try {
      door = new ServerSocket(0, 1_000, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    prober =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .sslContext(trust)
            .connectTimeout(PROBE_TIMEOUT)
            .build();
    var _ =
        probing.scheduleWithFixedDelay(
            this::probe, 0, PROBED_EVERY.toMillis(), TimeUnit.MILLISECONDS);
    Thread.ofPlatform().daemon().name("balancer").start(this::accept);
  }

  int port() {
    return door.getLocalPort();
  }

  /// From now on these are asked whether they are ready.
  void follow(List<Integer> ports) {
    members = List.copyOf(ports);
  }

  /// The ports that new connections lead to.
  List<Integer> ready() {
    return ready;
  }

  private void probe() {
    ready = members.stream().filter(this::isReady).toList();
  }

  private boolean isReady(int port) {
    URI probe = URI.create("https://localhost:" + port + "/readyz");
    try {
      return prober
              .send(
                  HttpRequest.newBuilder(probe).timeout(PROBE_TIMEOUT).build(),
                  BodyHandlers.discarding())
              .statusCode()
          == 200;
    } catch (IOException _) {
      return false;
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void accept() {
    try {
      while (true) {
        Socket caller = door.accept();
        Thread.ofVirtual().start(() -> connect(caller));
      }
    } catch (SocketException _) {
      // Closed.
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Who comes while nobody is ready, or finds nobody at a port, is refused as by a Service.
  private void connect(Socket caller) {
    List<Integer> now = ready;
    try (caller;
        Socket replica = new Socket()) {
      if (now.isEmpty()) {
        return;
      }
      int port = now.get(Math.floorMod(turn.getAndIncrement(), now.size()));
      replica.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1_000);
      caller.setTcpNoDelay(true);
      replica.setTcpNoDelay(true);
      Thread back = Thread.ofVirtual().start(() -> pass(replica, caller));
      pass(caller, replica);
      back.join();
    } catch (IOException _) {
      // The caller sees its connection end.
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /// Until that side says no more, or a connection breaks.
  private static void pass(Socket from, Socket to) {
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      in.transferTo(out);
      to.shutdownOutput();
    } catch (IOException _) {
      end(from);
      end(to);
    }
  }

  private static void end(Socket socket) {
    try {
      socket.close();
    } catch (IOException _) {
      // It has ended already.
    }
  }

  @Override
  public void close() throws IOException {
    door.close();
    probing.shutdownNow();
    prober.close();
  }
}
