package dev.inferscale.e2e.bed;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;

/// Reads one path again and again at a fixed rate, on so many connections of HTTP/1.1: an open
/// loop, whose latencies count from the moment at which a read was due.
final class PacedReads {
  private PacedReads() {}

  /// Whom to ask.
  ///
  /// @param port on loopback
  /// @param path with query
  /// @param authority PEM file
  record Server(int port, String path, String token, Path authority) {}

  /// @param perSecond on all connections together
  /// @param begins run once, when all connections stand and have been answered once
  /// @return milliseconds of every read; all were answered with 200
  /// @throws IOException where one was not
  static double[] run(Server server, int connections, int perSecond, Duration time, Runnable begins)
      throws Exception {
    CyclicBarrier start = new CyclicBarrier(connections, begins);
    SSLSocketFactory sockets = tls(server.authority());
    byte[] request =
        "GET %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nAccept: application/json\r\n\r\n"
            .formatted(server.path(), server.token())
            .getBytes(US_ASCII);
    long each = TimeUnit.SECONDS.toNanos(1) * connections / perSecond;
    int reads = Math.max(1, (int) (time.toNanos() / each));
    try (ExecutorService threads = Executors.newFixedThreadPool(connections)) {
      List<Future<double[]>> all = new ArrayList<>();
      for (int i = 0; i < connections; i++) {
        long offset = each * i / connections;
        all.add(
            threads.submit(() -> one(sockets, server.port(), request, start, reads, each, offset)));
      }
      List<double[]> latencies = new ArrayList<>();
      for (Future<double[]> one : all) {
        latencies.add(one.get());
      }
      return latencies.stream().flatMapToDouble(Arrays::stream).toArray();
    }
  }

  private static double[] one(
      SSLSocketFactory sockets,
      int port,
      byte[] request,
      CyclicBarrier start,
      int reads,
      long each,
      long offset)
      throws Exception {
    try (SSLSocket socket =
        (SSLSocket) sockets.createSocket(InetAddress.getLoopbackAddress(), port)) {
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(10_000);
      socket.startHandshake();
      OutputStream out = socket.getOutputStream();
      InputStream in = new BufferedInputStream(socket.getInputStream(), 16_384);
      out.write(request);
      out.flush();
      skipAnswer(in);
      start.await(30, TimeUnit.SECONDS);
      double[] latencies = new double[reads];
      long begin = System.nanoTime() + offset;
      for (int i = 0; i < reads; i++) {
        long due = begin + i * each;
        for (long now = System.nanoTime(); now < due; now = System.nanoTime()) {
          LockSupport.parkNanos(due - now);
        }
        out.write(request);
        out.flush();
        skipAnswer(in);
        latencies[i] = (System.nanoTime() - due) / 1e6;
      }
      return latencies;
    }
  }

  private static void skipAnswer(InputStream in) throws IOException {
    String status = line(in);
    int length = -1;
    for (String header = line(in); !header.isEmpty(); header = line(in)) {
      if (header.toLowerCase(Locale.ROOT).startsWith("content-length:")) {
        length = Integer.parseInt(header.substring(15).strip());
      }
    }
    if (length < 0) {
      throw new IOException("no Content-Length after " + status);
    }
    in.skipNBytes(length);
    if (!status.startsWith("HTTP/1.1 200")) {
      throw new IOException("answered " + status);
    }
  }

  private static String line(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder(64);
    for (int next = in.read(); next != '\n'; next = in.read()) {
      if (next < 0) {
        throw new EOFException("the connection ended");
      }
      line.append((char) next);
    }
    return line.toString().strip();
  }

  /// Trusts that authority and remembers nothing: each has sessions of its own.
  static SSLSocketFactory tls(Path authority) throws Exception {
    KeyStore authorities = KeyStore.getInstance("PKCS12");
    authorities.load(null, null);
    try (InputStream in = Files.newInputStream(authority)) {
      authorities.setCertificateEntry(
          "bed", CertificateFactory.getInstance("X.509").generateCertificate(in));
    }
    TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(authorities);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context.getSocketFactory();
  }
}
