package dev.inferscale.e2e.bed;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/// How long an adapter needs for what decides whether the API server takes it for available: five
/// requests for its discovery at once, each on a connection of its own. Alone, and while five
/// callers do nothing but shake hands.
///
/// Run: `.ci/long bench discovery`, about four minutes.
public final class DiscoveryBench {
  private static final int ROUNDS = 7;
  private static final int AT_ONCE = 5;
  private static final Duration TIME = Duration.ofSeconds(4);
  private static final Duration BETWEEN = Duration.ofMillis(100);

  /// As the API server's own patience with discovery.
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private record Peer(String name, int port, List<Long> pids) {}

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final byte[] request;
  private final Path authority;

  private DiscoveryBench(String token, Path authority) {
    this.authority = authority;
    this.request =
        "GET /apis/external.metrics.k8s.io/v1beta1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer %s\r\nAccept: application/json\r\n\r\n"
            .formatted(token)
            .getBytes(US_ASCII);
  }

  public static void main(String[] args) throws Exception {
    Path folder = Files.createTempDirectory("discovery-bench-");
    Bed bed = Bed.shared();
    BedNamespace home = BedNamespace.create(bed, DiscoveryBench.class);
    home.apply(
        """
        apiVersion: v1
        kind: ServiceAccount
        metadata: {name: reader}
        """);
    String token = bed.kubectl("create", "token", "reader", "--namespace", home.name()).strip();
    try (RegisteredAdapter ours = RegisteredAdapter.start(bed, home, folder);
        PeerAdapter test = PeerAdapter.test(bed, home, folder);
        PeerAdapter prometheus =
            PeerAdapter.prometheus(
                bed,
                home,
                folder,
                8000,
                Duration.ofSeconds(1),
                // Without a rule it serves no external metrics at all.
                PeerAdapter.Metric.sum(
                    "inference_requests_waiting", "vllm:num_requests_waiting"))) {
      new DiscoveryBench(token, ours.authority())
          .run(
              home,
              List.of(
                  new Peer("ours", ours.plane().adapter().getPort(), List.of(ours.plane().pid())),
                  new Peer("test adapter", test.port(), test.pids()),
                  new Peer("prometheus-adapter", prometheus.port(), prometheus.pids())));
    }
    System.exit(0);
  }

  private void run(BedNamespace home, List<Peer> peers) throws Exception {
    for (Peer peer : peers) {
      home.awaitThat(peer.name + " answers", () -> check(peer.port) > 0);
    }
    Rounds figures = new Rounds(peers.stream().map(Peer::name).toList());
    for (int round = 0; round < ROUNDS; round++) {
      for (int i = 0; i < peers.size(); i++) {
        double[] quiet = checks(peers.get(i).port);
        figures.add("alone, p50, ms", i, Rounds.quantile(quiet, 0.5));
        figures.add("alone, slowest, ms", i, Rounds.quantile(quiet, 1));
        flooded(figures, i, peers.get(i));
      }
    }
    figures.print(
        "five requests for discovery at once, each on a new connection, %d rounds"
            .formatted(ROUNDS));
  }

  private void flooded(Rounds figures, int i, Peer peer) throws Exception {
    AtomicInteger hands = new AtomicInteger();
    List<Future<?>> floods = new ArrayList<>();
    long before = Usage.cpuNanos(peer.pids);
    long began = System.nanoTime();
    for (int flood = 0; flood < AT_ONCE; flood++) {
      SSLSocketFactory sockets = PacedReads.tls(authority);
      floods.add(threads.submit(() -> flood(sockets, peer.port, began, hands)));
    }
    double[] busy = checks(peer.port);
    for (Future<?> flood : floods) {
      flood.get();
    }
    figures.add("under the floods, p50, ms", i, Rounds.quantile(busy, 0.5));
    figures.add("under the floods, slowest, ms", i, Rounds.quantile(busy, 1));
    double seconds = (System.nanoTime() - began) / 1e9;
    figures.add("handshakes of the floods per second", i, hands.get() / seconds);
    figures.add(
        "CPU per handshake, checks included, ms",
        i,
        (Usage.cpuNanos(peer.pids) - before) / 1e6 / hands.get());
  }

  /// Shakes hands and leaves, again and again, for the time of a round.
  private static void flood(SSLSocketFactory sockets, int port, long began, AtomicInteger hands) {
    while (System.nanoTime() - began < TIME.toNanos()) {
      try (SSLSocket socket = connect(sockets, port)) {
        socket.startHandshake();
        hands.incrementAndGet();
      } catch (IOException e) {
        throw new IllegalStateException("a handshake failed", e);
      }
    }
  }

  private static SSLSocket connect(SSLSocketFactory sockets, int port) throws IOException {
    SSLSocket socket = (SSLSocket) sockets.createSocket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout((int) PATIENCE.toMillis());
    socket.setTcpNoDelay(true);
    return socket;
  }

  /// For the time of a round, the milliseconds of each check; none may fail.
  private double[] checks(int port) throws Exception {
    List<Double> all = new ArrayList<>();
    long began = System.nanoTime();
    while (System.nanoTime() - began < TIME.toNanos()) {
      all.add(check(port));
      LockSupport.parkNanos(BETWEEN.toNanos());
    }
    return all.stream().mapToDouble(Double::doubleValue).toArray();
  }

  /// Milliseconds until the last of the requests has its answer.
  private double check(int port) throws Exception {
    List<Callable<Void>> asked = new ArrayList<>();
    for (int i = 0; i < AT_ONCE; i++) {
      SSLSocketFactory sockets = PacedReads.tls(authority); // knows no session, as the API server
      asked.add(() -> ask(sockets, port));
    }
    long began = System.nanoTime();
    for (Future<Void> one : threads.invokeAll(asked)) {
      try {
        one.get();
      } catch (ExecutionException e) {
        throw new IOException("discovery failed", e);
      }
    }
    return (System.nanoTime() - began) / 1e6;
  }

  private Void ask(SSLSocketFactory sockets, int port) throws IOException {
    try (SSLSocket socket = connect(sockets, port)) {
      socket.getOutputStream().write(request);
      String answer = new String(socket.getInputStream().readAllBytes(), US_ASCII);
      if (!answer.startsWith("HTTP/1.1 200") || !answer.contains("APIResourceList")) {
        throw new IOException("answered " + answer.lines().findFirst().orElse("nothing"));
      }
      return null;
    }
  }
}
