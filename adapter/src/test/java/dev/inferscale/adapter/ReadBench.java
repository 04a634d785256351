package dev.inferscale.adapter;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.inferscale.adapter.auth.Pki;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.ToDoubleFunction;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;

/// What one read costs the server: CPU time, bytes allocated, and how long the caller waits at a
/// fixed rate of reads over keep-alive TLS, as an HPA sends them.
///
/// The server is a process of its own ([AdapterDemo], 20 pools that are folded every second,
/// `-Xmx64m` and the launcher's flags). Reads start when they are due, whether or not earlier ones
/// have ended, and are timed from then; so a pause of the server counts for every read that fell
/// into it. A second server, which has a round after each of the first's, asks who calls: its reads
/// come by the front proxy's certificate for one user, whose right to each of them is remembered.
/// `adapter/bench-read` runs it.
///
/// Arguments: reads per second (400), seconds per round (5), rounds (7).
public final class ReadBench {
  private static final int POOLS = 20;
  private static final int CONNECTIONS = 4;

  /// Enough for the compiler to be done with the server before anything is measured.
  private static final int WARM_UP_READS = 30_000;

  private static final String BY_FRONT_PROXY =
      """
      X-Remote-User: system:serviceaccount:kube-system:horizontal-pod-autoscaler\r
      X-Remote-Group: system:serviceaccounts\r
      """;

  private static final int WARM_UP_RATE = 3_000;

  private record Round(
      double cpuMicros, double allocatedBytes, double p50Micros, double p99Micros, double rssMb) {}

  private ReadBench() {}

  static void main(String[] args) throws Exception {
    int rate = args.length > 0 ? Integer.parseInt(args[0]) : 400;
    int seconds = args.length > 1 ? Integer.parseInt(args[1]) : 5;
    int rounds = args.length > 2 ? Integer.parseInt(args[2]) : 7;
    Path folder = Files.createTempDirectory("read-bench");
    Pki pki = new Pki(folder);
    pki.root("proxies");
    pki.client("proxy", "proxies", "CN=front-proxy-client");
    String authority = pki.pem("proxies");
    try (StubKube kube = new StubKube(folder, StubKube.trust(authority, authority));
        Subject open = Subject.start("answers everybody", TrustAnyone.tls(), "");
        Subject asking =
            Subject.start(
                "asks who calls",
                tls(pki),
                BY_FRONT_PROXY,
                "0",
                "0",
                kube.kubeconfig().toString())) {
      for (Subject each : List.of(open, asking)) {
        each.run(WARM_UP_RATE, WARM_UP_READS);
      }
      for (int i = 0; i < rounds; i++) {
        open.round(rate, seconds);
        asking.round(rate, seconds);
      }
      open.print(rate);
      asking.print(rate);
      System.out.printf("SubjectAccessReviews in all: %d%n", kube.accessAsked.size());
    }
  }

  private static SSLContext tls(Pki pki) throws GeneralSecurityException {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(pki.keys("proxy"), new TrustManager[] {new TrustAnyone()}, null);
    return context;
  }

  /// A server that is measured, and the connections that read it.
  private static final class Subject implements AutoCloseable {
    private final String name;
    private final Process server;
    private final BufferedReader out;
    private final List<Connection> connections = new ArrayList<>();
    private final ExecutorService threads = Executors.newFixedThreadPool(CONNECTIONS);
    private final List<Round> measured = new ArrayList<>();

    /// @param headers that each read has besides
    /// @param more arguments of [AdapterDemo]
    static Subject start(String name, SSLContext tls, String headers, String... more)
        throws IOException {
      Subject started = new Subject(name, startServer(more));
      int port = Integer.parseInt(started.out.readLine().split(" ", -1)[1]);
      for (int i = 0; i < CONNECTIONS; i++) {
        started.connections.add(new Connection(tls, port, headers));
      }
      return started;
    }

    private Subject(String name, Process server) {
      this.name = name;
      this.server = server;
      this.out = new BufferedReader(new InputStreamReader(server.getInputStream(), UTF_8));
    }

    double[] run(int rate, int reads) throws InterruptedException, ExecutionException {
      return ReadBench.run(threads, connections, rate, reads);
    }

    void round(int rate, int seconds) throws Exception {
      ProcessFigures before = figures(server, out);
      double[] micros = run(rate, rate * seconds);
      measured.add(ReadBench.round(before, figures(server, out), micros));
    }

    void print(int rate) {
      System.out.println(name);
      ReadBench.print(rate, measured);
    }

    @Override
    public void close() throws IOException {
      threads.close();
      server.getOutputStream().close();
      var _ = server.onExit().join();
    }
  }

  private static Process startServer(String... more) throws IOException {
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    words.addAll(List.of("-Xmx64m", "-XX:+UseSerialGC", "-XX:+UseCompactObjectHeaders"));
    words.addAll(List.of("-cp", System.getProperty("java.class.path")));
    words.addAll(List.of(AdapterDemo.class.getName(), Integer.toString(POOLS)));
    words.addAll(List.of(more));
    return new ProcessBuilder(words).redirectError(ProcessBuilder.Redirect.DISCARD).start();
  }

  private static ProcessFigures figures(Process server, BufferedReader out) throws IOException {
    server.getOutputStream().write('\n');
    server.getOutputStream().flush();
    return ProcessFigures.parse(out.readLine());
  }

  /// Sends that many reads at that rate; gives the microseconds from when each was due to its end.
  private static double[] run(
      ExecutorService threads, List<Connection> connections, int rate, int reads)
      throws InterruptedException, ExecutionException {
    double[] micros = new double[reads];
    AtomicInteger next = new AtomicInteger();
    long start = System.nanoTime() + 10_000_000;
    List<Future<?>> running = new ArrayList<>();
    for (Connection connection : connections) {
      running.add(
          threads.submit(() -> {
            for (int i = next.getAndIncrement(); i < reads; i = next.getAndIncrement()) {
              long due = start + i * 1_000_000_000L / rate;
              waitUntil(due);
              connection.read(i % POOLS);
              micros[i] = (System.nanoTime() - due) / 1e3;
            }
            return null;
          }));
    }
    for (Future<?> future : running) {
      future.get();
    }
    return micros;
  }

  private static void waitUntil(long nanos) {
    for (long left = nanos - System.nanoTime(); left > 0; left = nanos - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }

  private static Round round(ProcessFigures before, ProcessFigures after, double[] micros) {
    double reads = micros.length;
    Arrays.sort(micros);
    return new Round(
        (after.cpuNanos() - before.cpuNanos()) / 1e3 / reads,
        (after.allocatedBytes() - before.allocatedBytes()) / reads,
        micros[micros.length / 2],
        micros[micros.length * 99 / 100],
        after.residentKilobytes() / 1024.0);
  }

  private static void print(int rate, List<Round> rounds) {
    System.out.printf("%d reads/s, %d rounds: median (least to most)%n", rate, rounds.size());
    print("server CPU per read, us", rounds, Round::cpuMicros);
    print("allocated per read, bytes", rounds, Round::allocatedBytes);
    print("p50, us", rounds, Round::p50Micros);
    print("p99, us", rounds, Round::p99Micros);
    print("server RSS, MB", rounds, Round::rssMb);
  }

  private static void print(String name, List<Round> rounds, ToDoubleFunction<Round> figure) {
    double[] sorted = rounds.stream().mapToDouble(figure).sorted().toArray();
    System.out.printf(
        Locale.ROOT,
        "%-26s %10.1f (%.1f to %.1f)%n",
        name,
        sorted[sorted.length / 2],
        sorted[0],
        sorted[sorted.length - 1]);
  }

  /// One keep-alive connection with TLS and HTTP/1.1.
  private static final class Connection {
    private static final byte[] END_OF_HEADERS = "\r\n\r\n".getBytes(US_ASCII);

    private final SSLSocket socket;
    private final String headers;
    private final byte[] buffer = new byte[16 * 1024];

    Connection(SSLContext tls, int port, String headers) throws IOException {
      socket = (SSLSocket) tls.getSocketFactory().createSocket("127.0.0.1", port);
      socket.setTcpNoDelay(true);
      this.headers = headers;
    }

    void read(int pool) throws IOException {
      String name = pool == 0 ? "quickstart" : "pool-" + pool;
      String request =
          "GET /apis/external.metrics.k8s.io/v1beta1/namespaces/default/inference_tokens_in_flight"
              + "?labelSelector=pool%3D"
              + name
              + " HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/vnd.kubernetes.protobuf, */*\r\n"
              + "User-Agent: kube-controller-manager\r\nAccept-Encoding: gzip\r\n"
              + headers
              + "\r\n";
      socket.getOutputStream().write(request.getBytes(US_ASCII));
      InputStream in = socket.getInputStream();
      int filled = 0;
      int total = Integer.MAX_VALUE;
      while (filled < total) {
        int count = in.read(buffer, filled, buffer.length - filled);
        if (count < 0) {
          throw new IOException("the server closed the connection");
        }
        filled += count;
        total = total == Integer.MAX_VALUE ? length(filled) : total;
      }
    }

    /// Length of the whole answer, or the largest number while its headers are not complete.
    private int length(int filled) throws IOException {
      for (int i = 0; i + 4 <= filled; i++) {
        if (Arrays.equals(buffer, i, i + 4, END_OF_HEADERS, 0, 4)) {
          String headers = new String(buffer, 0, i, US_ASCII).toLowerCase(Locale.ROOT);
          if (!headers.startsWith("http/1.1 200")) {
            throw new IOException("not answered: " + headers);
          }
          int at = headers.indexOf("content-length: ") + "content-length: ".length();
          int end = headers.indexOf('\r', at);
          return i + 4 + Integer.parseInt(headers.substring(at, end < 0 ? headers.length() : end));
        }
      }
      return Integer.MAX_VALUE;
    }
  }
}
