package dev.inferscale.keda;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// What a machine takes for threads that wake one another and do nothing else: no chain of as many
/// is quicker. Each hands on by a queue what it was handed.
final class HandOvers {
  private final List<BlockingQueue<Long>> queues;

  HandOvers(int threads) {
    queues =
        Stream.<BlockingQueue<Long>>generate(LinkedBlockingQueue::new).limit(threads + 1).toList();
    for (int i = 0; i < threads; i++) {
      int place = i;
      Thread.ofPlatform().daemon().start(() -> handOn(queues.get(place), queues.get(place + 1)));
    }
  }

  private static void handOn(BlockingQueue<Long> from, BlockingQueue<Long> to) {
    try {
      while (true) {
        to.put(from.take());
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /// Lets something through so many times, after a pause each.
  ///
  /// @return milliseconds, sorted
  double[] millis(int tries, Runnable pause) {
    double[] took = IntStream.range(0, tries).mapToDouble(_ -> millis(pause)).toArray();
    Arrays.sort(took);
    return took;
  }

  private double millis(Runnable pause) {
    pause.run();
    try {
      queues.getFirst().put(System.nanoTime());
      return (-queues.getLast().take() + System.nanoTime()) / 1e6;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
