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
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/// Test equipment: what translates addresses between two networks. It forgets a connection on which
/// nothing passes for a while: from then on it swallows what comes, and tells neither side.
final class Middlebox implements AutoCloseable {
  private static final Duration SILENCE = Duration.ofSeconds(15);

  private final ServerSocket door;
  private final int server;
  private final Duration remembers;
  private final AtomicInteger looks = new AtomicInteger();
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private volatile boolean broken;

  /// @param server port of loopback where connections lead
  /// @param remembers for how long a silent connection is known
  Middlebox(int server, Duration remembers) throws IOException {
    this.server = server;
    this.remembers = remembers;
    this.door = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofPlatform().daemon().name("middlebox").start(this::accept);
  }

  int port() {
    return door.getLocalPort();
  }

  /// How often something came through, in either direction, after a silence of a quarter of a
  /// minute.
  int looks() {
    return looks.get();
  }

  /// Swallows everything from now on.
  void breaks() {
    broken = true;
  }

  private void accept() {
    try {
      while (true) {
        Socket caller = door.accept();
        Thread.ofPlatform().daemon().start(() -> connect(caller));
      }
    } catch (SocketException _) {
      // Closed.
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void connect(Socket caller) {
    try (caller;
        Socket behind = new Socket()) {
      sockets.addAll(List.of(caller, behind));
      behind.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server));
      AtomicLong last = new AtomicLong(System.nanoTime());
      Thread back = Thread.ofPlatform().daemon().start(() -> pass(behind, caller, last));
      pass(caller, behind, last);
      back.join();
    } catch (IOException _) {
      // The caller sees its connection end.
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void pass(Socket from, Socket to, AtomicLong last) {
    byte[] buffer = new byte[8192];
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
        long silent = System.nanoTime() - last.get();
        if (silent < remembers.toNanos() && !broken) {
          last.set(System.nanoTime());
          out.write(buffer, 0, length);
          if (silent >= SILENCE.toNanos()) {
            looks.incrementAndGet();
          }
        }
      }
      to.shutdownOutput();
    } catch (IOException _) {
      // A side that ended; the other will find out by itself.
    }
  }

  /// Ends all connections: a caller that sets no deadline would wait for ever for what was
  /// swallowed.
  @Override
  public void close() throws IOException {
    door.close();
    for (Socket each : sockets) {
      each.close();
    }
  }
}
