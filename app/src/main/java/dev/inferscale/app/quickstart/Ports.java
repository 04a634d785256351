package dev.inferscale.app.quickstart;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.LinkedHashSet;
import java.util.Set;

/// Loopback ports for one quickstart: the default ones where they are free, any free ones else.
record Ports(int observation, int adapter, int firstWorker, int secondWorker) {
  private static final int OBSERVATION = 8080;
  private static final int ADAPTER = 6443;
  private static final int FIRST_WORKER = 8000;
  private static final int SECOND_WORKER = 8001;

  static Ports choose() throws IOException {
    Set<Integer> taken = new LinkedHashSet<>();
    return new Ports(
        free(OBSERVATION, taken),
        free(ADAPTER, taken),
        free(FIRST_WORKER, taken),
        free(SECOND_WORKER, taken));
  }

  boolean areDefault() {
    return equals(new Ports(OBSERVATION, ADAPTER, FIRST_WORKER, SECOND_WORKER));
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
