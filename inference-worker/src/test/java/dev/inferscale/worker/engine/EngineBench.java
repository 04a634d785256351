package dev.inferscale.worker.engine;

import dev.inferscale.launch.MonotonicTime;
import dev.inferscale.worker.backend.Backend;
import dev.inferscale.worker.backend.Batch;
import dev.inferscale.worker.telemetry.Identity;
import dev.inferscale.worker.telemetry.WorkerMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;

/// What the engine adds to a step: planning, block tables, metrics and hand-over to the readers,
/// over a device that takes no time. CPU time and allocation of the thread that turns the batcher.
///
/// Run: `java -cp target/test-classes:target/classes:target/lib/*
/// dev.inferscale.worker.engine.EngineBench` in `inference-worker`.
public final class EngineBench {
  private static final int ROUNDS = 9;
  private static final int STEPS = 2000;
  private static final int BLOCK = 16;
  private static final int BLOCKS = 1 << 15;
  private static final int CONTEXT = 4096;
  private static final int[] BATCHES = {1, 8, 32, 128};

  private EngineBench() {}

  public static void main(String[] args) {
    double[][] micros = new double[BATCHES.length][ROUNDS];
    double[][] bytes = new double[BATCHES.length][ROUNDS];
    // One round more than is counted, for the compiler; batch sizes take turns.
    for (int round = -1; round < ROUNDS; round++) {
      for (int i = 0; i < BATCHES.length; i++) {
        double[] cost = measure(BATCHES[i]);
        if (round >= 0) {
          micros[i][round] = cost[0];
          bytes[i][round] = cost[1];
        }
      }
    }
    System.out.println("sequences  us/step (min..max)        us/token  bytes/step");
    for (int i = 0; i < BATCHES.length; i++) {
      Arrays.sort(micros[i]);
      Arrays.sort(bytes[i]);
      System.out.printf(
          "%9d  %7.2f (%.2f..%.2f)  %8.3f  %10.0f%n",
          BATCHES[i],
          micros[i][ROUNDS / 2],
          micros[i][0],
          micros[i][ROUNDS - 1],
          micros[i][ROUNDS / 2] / BATCHES[i],
          bytes[i][ROUNDS / 2]);
    }
  }

  /// CPU microseconds and bytes per decode step.
  private static double[] measure(int sequences) {
    MonotonicTime time = new MonotonicTime();
    EngineSettings settings =
        new EngineSettings(128, 128, 8192, Duration.ofHours(1), Duration.ofHours(1), Set.of());
    WorkerMetrics metrics =
        new WorkerMetrics(
            new PrometheusRegistry(),
            new Identity("m", "cpu", "bench", BLOCK, (long) BLOCK * BLOCKS, 128, 128, 0, 1));
    Occupancy occupancy = new Occupancy(128);
    Batcher batcher = new Batcher(new Instantaneous(), settings, metrics, time, occupancy);
    for (int i = 0; i < sequences; i++) {
      Generation request =
          new Generation(
              new int[32], CONTEXT, Batch.Sampling.GREEDY, true, "unknown", time.instant());
      if (occupancy.tryEnter(32)) {
        batcher.arrive(new Sequence(request, time.instant()));
      }
    }
    batcher.turn();
    var thread = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    long cpu = thread.getCurrentThreadCpuTime();
    long allocated = thread.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < STEPS; i++) {
      batcher.turn();
    }
    return new double[] {
      (thread.getCurrentThreadCpuTime() - cpu) / 1e3 / STEPS,
      (double) (thread.getCurrentThreadAllocatedBytes() - allocated) / STEPS
    };
  }

  private static final class Instantaneous implements Backend {
    @Override
    public Capacity capacity() {
      return new Capacity(BLOCK, BLOCKS, CONTEXT, 100, "none");
    }

    @Override
    public int[] step(Batch batch) {
      return new int[batch.slices().size()];
    }

    @Override
    public void close() {}
  }
}
