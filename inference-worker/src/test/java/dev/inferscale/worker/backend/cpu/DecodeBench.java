package dev.inferscale.worker.backend.cpu;

import dev.inferscale.worker.Goldens;
import dev.inferscale.worker.backend.Batch;
import dev.inferscale.worker.backend.Batch.Sampling;
import dev.inferscale.worker.backend.Batch.Slice;
import dev.inferscale.worker.model.Dtype;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.LongSupplier;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/// How close decoding comes to what reading the weights alone would cost: tokens per CPU-second of
/// the demo model and of a seeded bf16 Llama of 125 M parameters, beside the rate at which one core
/// reads the same number of bytes. All are taken in turn, round by round; medians with the least
/// and the most; one thread, its own CPU time. A batch reads the weights once for all its
/// sequences, so it may pass the bound.
///
/// From `inference-worker/`:
///
/// ```
/// mvn -q -f .. -pl inference-worker -am package -DskipTests
/// java --add-modules jdk.incubator.vector -cp 'target/classes:target/test-classes:target/lib/*' \
///   dev.inferscale.worker.backend.cpu.DecodeBench [rounds]
/// ```
public final class DecodeBench {
  private static final int CONTEXT = 32;
  private static final SeededModel SEEDED =
      new SeededModel(768, 2048, 16, 12, 4, 64, 32_000, true, Dtype.BF16);
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private DecodeBench() {}

  public static void main(String[] args) throws IOException {
    int rounds = Math.max(7, args.length == 0 ? 9 : Integer.parseInt(args[0]));
    Path seeded = Files.createTempDirectory("decode-bench");
    try {
      SEEDED.write(seeded, 1);
      run(rounds, seeded);
    } finally {
      Files.deleteIfExists(seeded.resolve("model.safetensors"));
      Files.deleteIfExists(seeded.resolve("config.json"));
      Files.delete(seeded);
    }
  }

  private static void run(int rounds, Path seeded) {
    long demoBytes = 4_328_832;
    long seededBytes = 2 * SEEDED.parameters();
    try (Arena arena = Arena.ofConfined();
        CpuBackend demo = CpuBackend.load(Goldens.DEMO_MODEL, 4096, 16, 1);
        CpuBackend big = CpuBackend.load(seeded, 4096, 16, 1)) {
      MemorySegment memory = arena.allocate(seededBytes / 4096 * 4096, 64).fill((byte) 1);
      MemorySegment small = memory.asSlice(0, demoBytes / 4096 * 4096);
      System.out.println(demo.capacity().device() + ", " + rounds + " rounds");
      List<Measure> measures =
          List.of(
              new Measure("read 4.3 MB", demoBytes, 400, () -> read(small), -1),
              new Measure("demo, batch 1", demoBytes, 200, () -> decode(demo, 1), 0),
              new Measure("demo, batch 8", demoBytes, 50, () -> decode(demo, 8), 0),
              new Measure("read 250 MB", seededBytes, 8, () -> read(memory), -1),
              new Measure("125 M, batch 1", seededBytes, 8, () -> decode(big, 1), 3),
              new Measure("125 M, batch 8", seededBytes, 3, () -> decode(big, 8), 3),
              new Measure("125 M, prefill", seededBytes, 1, () -> prefill(big, 128), 3));
      for (int round = -2; round < rounds; round++) {
        for (Measure measure : measures) {
          measure.take(round >= 0);
        }
      }
      measures.forEach(measure -> measure.print(measures));
    }
  }

  /// A prompt of `length` tokens in one step.
  private static long prefill(CpuBackend backend, int length) {
    int[] tokens = new int[length];
    int[] table = new int[length / 16];
    Arrays.setAll(tokens, i -> 7 + i);
    Arrays.setAll(table, i -> i);
    backend.step(new Batch(List.of(new Slice(tokens, 0, table, Sampling.GREEDY, true))));
    return length;
  }

  /// One decode step of `batch` sequences at position [#CONTEXT].
  private static long decode(CpuBackend backend, int batch) {
    var slices = new ArrayList<Slice>();
    for (int i = 0; i < batch; i++) {
      int first = 3 * i;
      int[] table = {first, first + 1, first + 2};
      slices.add(new Slice(new int[] {7 + i}, CONTEXT, table, Sampling.GREEDY, true));
    }
    return Math.min(batch, batch + backend.step(new Batch(slices))[0]);
  }

  /// Reads all bytes as two streams, as the kernels do.
  private static long read(MemorySegment memory) {
    VectorSpecies<Integer> species = IntVector.SPECIES_PREFERRED;
    ByteOrder order = ByteOrder.LITTLE_ENDIAN;
    IntVector a = IntVector.zero(species);
    IntVector b = a;
    IntVector c = a;
    IntVector d = a;
    int vector = species.vectorByteSize();
    long half = memory.byteSize() / 2;
    for (long at = 0; at < half; at += 2L * vector) {
      a = a.add(IntVector.fromMemorySegment(species, memory, at, order));
      b = b.add(IntVector.fromMemorySegment(species, memory, at + vector, order));
      c = c.add(IntVector.fromMemorySegment(species, memory, half + at, order));
      d = d.add(IntVector.fromMemorySegment(species, memory, half + at + vector, order));
    }
    // The sum must be of consequence, or the compiler would not read.
    return a.add(b).add(c).add(d).reduceLanes(VectorOperators.ADD) == 0 ? 0 : 1;
  }

  /// One line of the table.
  private static final class Measure {
    private final String name;
    private final long bytes;
    private final int repeats;
    private final LongSupplier work;
    private final int bound;
    private final List<Double> rates = new ArrayList<>();

    /// @param bytes read per call, at least
    /// @param work gives the number of tokens it made
    /// @param bound index of the read to compare with, or -1
    Measure(String name, long bytes, int repeats, LongSupplier work, int bound) {
      this.name = name;
      this.bytes = bytes;
      this.repeats = repeats;
      this.work = work;
      this.bound = bound;
    }

    /// Keeps calls per second of this thread's CPU time, times the tokens of a call.
    void take(boolean keep) {
      long tokens = 0;
      long start = THREADS.getCurrentThreadCpuTime();
      for (int i = 0; i < repeats; i++) {
        tokens += work.getAsLong();
      }
      double seconds = (THREADS.getCurrentThreadCpuTime() - start) / 1e9;
      if (keep) {
        rates.add(tokens / seconds);
      }
    }

    void print(List<Measure> measures) {
      double scale = bound < 0 ? bytes / 1e9 : 1;
      System.out.printf(
          "%-16s %9.1f %-16s (%.1f to %.1f)",
          name,
          median() * scale,
          bound < 0 ? "GB/s" : "tokens/CPU-s",
          Collections.min(rates) * scale,
          Collections.max(rates) * scale);
      if (bound >= 0) {
        System.out.printf("  %.2f of the bound", median() / measures.get(bound).median());
      }
      System.out.println();
    }

    private double median() {
      return rates.stream().sorted().skip(rates.size() / 2).findFirst().orElseThrow();
    }
  }
}
