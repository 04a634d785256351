package dev.inferscale.worker.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.worker.model.Dtype;
import dev.inferscale.worker.model.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.assertj.core.data.Offset;

/// The two kernels agree bit by bit on any shape, and with a plain sum up to rounding.
class KernelsProperties {
  private final Kernels vector = new VectorKernels();
  private final Kernels scalar = new ScalarKernels();

  @Property(tries = 300)
  void productsAreEqualAndRight(
      @ForAll Dtype dtype,
      @ForAll @IntRange(min = 1, max = 300) int outputs,
      @ForAll @IntRange(min = 1, max = 40) int halfColumns,
      @ForAll @IntRange(min = 1, max = 9) int rows,
      @ForAll long seed) {
    var random = new SplittableRandom(seed);
    int columns = 2 * halfColumns;
    try (Arena arena = Arena.ofConfined();
        Team team = new Team(1)) {
      Tensor tensor = tensor(arena, dtype, outputs, columns, random);
      Panels panels = Panels.pack(List.of(tensor), vector.lanes(), arena, team);
      float[] in = floats((rows + 3) * columns, random);

      float[] byVector = multiply(vector, panels, in, rows);
      float[] byScalar = multiply(scalar, panels, in, rows);

      assertThat(byVector).isEqualTo(byScalar);
      for (int i = 0; i < rows * outputs; i++) {
        int row = i / outputs;
        int output = i % outputs;
        double sum = 0;
        for (int column = 0; column < columns; column++) {
          sum += (double) tensor.at((long) output * columns + column) * in[row * columns + column];
        }
        assertThat((double) byVector[row * panels.paddedRows() + output])
            .isCloseTo(sum, Offset.offset(1e-4));
      }
    }
  }

  @Property(tries = 300)
  void packedRowsUnpackToWhatTheyWere(
      @ForAll Dtype dtype,
      @ForAll @IntRange(min = 1, max = 300) int outputs,
      @ForAll @IntRange(min = 1, max = 20) int halfColumns,
      @ForAll long seed) {
    var random = new SplittableRandom(seed);
    int columns = 2 * halfColumns;
    try (Arena arena = Arena.ofConfined();
        Team team = new Team(1)) {
      Tensor tensor = tensor(arena, dtype, outputs, columns, random);
      Panels panels = Panels.pack(List.of(tensor), vector.lanes(), arena, team);
      float[] row = new float[columns];
      for (int output = 0; output < outputs; output++) {
        panels.unpackRow(output, row, 0);
        for (int column = 0; column < columns; column++) {
          assertThat(row[column]).isEqualTo(tensor.at((long) output * columns + column));
        }
      }
    }
  }

  @Property(tries = 300)
  void attentionOverABlockIsEqual(
      @ForAll @IntRange(min = 1, max = 40) int blockTokens,
      @ForAll @IntRange(min = 1, max = 20) int quarterDim,
      @ForAll long seed) {
    var random = new SplittableRandom(seed);
    int headDim = 4 * quarterDim;
    float[] query = floats(headDim, random);
    float[] weights = floats(blockTokens, random);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment block = segment(arena, floats(blockTokens * headDim, random));
      int tokens = random.nextInt(blockTokens + 1);

      float[] scores = new float[blockTokens];
      float[] expectedScores = new float[blockTokens];
      vector.scores(block, 0, blockTokens, query, 0, headDim, scores, 0);
      scalar.scores(block, 0, blockTokens, query, 0, headDim, expectedScores, 0);
      float[] mixed = query.clone();
      float[] expectedMixed = query.clone();
      vector.mix(block, 0, headDim, weights, 0, tokens, mixed, 0);
      scalar.mix(block, 0, headDim, weights, 0, tokens, expectedMixed, 0);

      assertThat(scores).isEqualTo(expectedScores);
      assertThat(mixed).isEqualTo(expectedMixed);
    }
  }

  @Property(tries = 300)
  void exponentialsAndGatesAreEqualAndRight(
      @ForAll @IntRange(min = 1, max = 70) int count, @ForAll long seed) {
    var random = new SplittableRandom(seed);
    float[] x = new float[2 * count];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) random.nextDouble(-90, 88);
    }

    float[] gated = new float[count];
    float[] expectedGated = new float[count];
    vector.gate(x, 0, count, gated, 0);
    scalar.gate(x, 0, count, expectedGated, 0);
    float[] byVector = x.clone();
    float[] byScalar = x.clone();
    vector.exponentials(byVector, count, 0.5f);
    scalar.exponentials(byScalar, count, 0.5f);

    assertThat(gated).isEqualTo(expectedGated);
    assertThat(byVector).isEqualTo(byScalar);
    for (int i = 0; i < count; i++) {
      double exact = Math.exp(Math.max(x[i] - 0.5f, Exponential.LOWEST));
      assertThat(byVector[i] / exact).isBetween(1 - 3e-7, 1 + 3e-7);
    }
  }

  private static float[] multiply(Kernels kernels, Panels panels, float[] in, int rows) {
    float[] out = new float[(rows + 3) * panels.paddedRows()];
    for (int panel = 0; panel < panels.panels(); panel += Kernels.PANELS_PER_CALL) {
      int to = Math.min(panel + Kernels.PANELS_PER_CALL, panels.panels());
      kernels.multiply(panels, panel, to, in, panels.columns(), rows, out, panels.paddedRows());
    }
    return Arrays.copyOf(out, rows * panels.paddedRows());
  }

  private static float[] floats(int count, SplittableRandom random) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextDouble(-1, 1);
    }
    return values;
  }

  private static MemorySegment segment(Arena arena, float[] values) {
    MemorySegment segment = arena.allocate(4L * values.length, 64);
    MemorySegment.copy(values, 0, segment, ValueLayout.JAVA_FLOAT, 0, values.length);
    return segment;
  }

  /// Random numbers of the format, among them zeros and subnormal numbers.
  private static Tensor tensor(
      Arena arena, Dtype dtype, int rows, int columns, SplittableRandom random) {
    MemorySegment bytes = arena.allocate((long) rows * columns * dtype.bytes());
    for (long i = 0; i < (long) rows * columns; i++) {
      float value = (float) random.nextDouble(-1, 1) * (i % 17 == 0 ? 1e-6f : 1);
      switch (dtype) {
        case BF16 ->
            bytes.setAtIndex(
                ValueLayout.JAVA_SHORT, i, (short) (Float.floatToRawIntBits(value) >>> 16));
        case F16 -> bytes.setAtIndex(ValueLayout.JAVA_SHORT, i, Float.floatToFloat16(value));
        case F32 -> bytes.setAtIndex(ValueLayout.JAVA_FLOAT, i, value);
      }
    }
    return new Tensor(dtype, new long[] {rows, columns}, bytes);
  }
}
