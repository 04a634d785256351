package dev.inferscale.signals.discover;

import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;

/// The heap that watched pods take: `mvn -pl signals test-compile exec:java` with this class, or
/// its main method. Each pod comes from a document of its own, as from the API server.
final class PodBoardMemoryBench {
  private static final int PODS = 10_000;

  private PodBoardMemoryBench() {}

  public static void main(String[] args) {
    for (int round = 0; round < 5; round++) {
      long before = used();
      PodBoard board = new PodBoard(() -> {});
      Pod.Interned interned = new Pod.Interned();
      board.replace("", pods(interned));
      long bytes = used() - before;
      System.out.printf(
          "%d pods: %d bytes per 1000 pods%n", board.size(), bytes * 1000 / board.size());
    }
  }

  private static List<Pod> pods(Pod.Interned interned) {
    return IntStream.range(0, PODS)
        .mapToObj(i ->
            Pod.of(
                PodDocuments.pod(
                    "chat-8b-6d5f7c9b8d-" + Integer.toString(100_000 + i, 36),
                    new UUID(i, i).toString(),
                    "Running",
                    "10." + (i >> 16) + "." + (i >> 8 & 255) + "." + (i & 255),
                    true),
                interned))
        .toList();
  }

  private static long used() {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
