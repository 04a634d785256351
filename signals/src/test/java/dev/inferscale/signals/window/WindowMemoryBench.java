package dev.inferscale.signals.window;

import dev.inferscale.signals.Pools;
import dev.inferscale.signals.pool.ModelPool;
import dev.inferscale.signals.pool.Target;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Prints the heap bytes per target after the windows of 1,000 targets have been filled with
/// readings such as vLLM gives, seven times over, with the spread. `.ci/long bench memory` runs it.
public final class WindowMemoryBench {
  private static final int TARGETS = 1000;
  private static final int ROUNDS = 7;
  private static final int SECONDS = 120;

  /// The serial collector leaves dead objects at the old generation's beginning, up to a twentieth
  /// of it, except in each fourth full collection. Fewer would count the windows of the round
  /// before.
  private static final int COLLECTIONS = 4;

  private WindowMemoryBench() {}

  /// Takes no arguments.
  public static void main(String[] args) {
    ModelPool pool = Pools.pool("chat");
    long[] perTarget = new long[ROUNDS];
    // The first round pays for classes and shared arrays.
    measured(pool);
    for (int round = 0; round < ROUNDS; round++) {
      perTarget[round] = measured(pool);
    }
    Arrays.sort(perTarget);
    if (perTarget[0] <= 0) {
      throw new IllegalStateException("a round measured garbage: " + Arrays.toString(perTarget));
    }
    System.out.printf(
        "heap bytes per target at %d targets: median %d (%d to %d, %d rounds), budget 12000%n",
        TARGETS, perTarget[ROUNDS / 2], perTarget[0], perTarget[ROUNDS - 1], ROUNDS);
  }

  private static long measured(ModelPool pool) {
    long before = used();
    List<Window> windows = filled(pool);
    try {
      return (used() - before) / TARGETS;
    } finally {
      Reference.reachabilityFence(windows);
    }
  }

  private static List<Window> filled(ModelPool pool) {
    List<Window> windows = new ArrayList<>(TARGETS);
    for (int i = 0; i < TARGETS; i++) {
      Target target = Pools.target(pool, i);
      Window window = new Window(target, pool.windows());
      for (int t = 1; t <= SECONDS; t += 2) {
        window.accept(BusyEngine.read(target, t));
      }
      windows.add(window);
    }
    return windows;
  }

  private static long used() {
    Runtime runtime = Runtime.getRuntime();
    for (int i = 0; i < COLLECTIONS; i++) {
      System.gc();
    }
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
