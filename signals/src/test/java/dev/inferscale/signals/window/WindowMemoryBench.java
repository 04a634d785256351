package dev.inferscale.signals.window;

import dev.inferscale.signals.Pools;
import dev.inferscale.signals.pool.ModelPool;
import dev.inferscale.signals.pool.Target;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Prints the heap bytes per target after the windows of 1,000 targets have been filled with
/// readings such as vLLM gives, seven times over, with the spread. Run it on a quiet JVM:
///
/// ```
/// mvn -q -pl signals -am test-compile
/// java -Xmx1g -XX:+UseSerialGC -cp signals/target/classes:signals/target/test-classes:$(libraries) \
///   dev.inferscale.signals.window.WindowMemoryBench
/// ```
public final class WindowMemoryBench {
  private static final int TARGETS = 1000;
  private static final int ROUNDS = 7;
  private static final int SECONDS = 120;

  private WindowMemoryBench() {}

  /// Takes no arguments.
  public static void main(String[] args) {
    ModelPool pool = Pools.pool("chat");
    long[] perTarget = new long[ROUNDS];
    for (int round = -1; round < ROUNDS; round++) {
      long before = used();
      List<Window> windows = filled(pool);
      long bytes = (used() - before) / TARGETS;
      // The first round pays for classes and shared arrays.
      if (round >= 0) {
        perTarget[round] = bytes;
      }
      if (windows.size() != TARGETS) {
        throw new IllegalStateException("the windows must outlive the measurement");
      }
    }
    Arrays.sort(perTarget);
    System.out.printf(
        "heap bytes per target at %d targets: median %d (%d to %d, %d rounds), budget 12000%n",
        TARGETS, perTarget[ROUNDS / 2], perTarget[0], perTarget[ROUNDS - 1], ROUNDS);
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
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
