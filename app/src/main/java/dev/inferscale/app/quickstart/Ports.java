package dev.inferscale.app.quickstart;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.LinkedHashSet;
import java.util.Set;

/// Loopback ports for one quickstart: the default ones where they are free, any free ones else.
record Ports(int observation, int adapter, int firstWorker, int secondWorker) {
  static final Ports DEFAULT = new Ports(8080, 6443, 8000, 8001);

  /// The wanted ports, each replaced by a free one where it is busy.
  static Ports choose(Ports wanted) throws IOException {
    Set<Integer> taken = new LinkedHashSet<>();
    return new Ports(
        free(wanted.observation, taken),
        free(wanted.adapter, taken),
        free(wanted.firstWorker, taken),
        free(wanted.secondWorker, taken));
  }

  private static int free(int wanted, Set<Integer> taken) throws IOException {
    int port = isFree(wanted) ? wanted : any();
    while (!taken.add(port)) {
      port = any();
    }
    return port;
  }

  private static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      return socket.isBound();
    } catch (IOException _) {
      return false;
    }
  }

  private static int any() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
