package dev.inferscale.worker.backend.cpu;

import dev.inferscale.worker.model.Dtype;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/// Kernels with the Vector API, at the widest vectors the CPU prefers. What is left over beside
/// whole vectors is computed by [ScalarKernels], whose results are the same.
final class VectorKernels implements Kernels {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = FLOATS.length();
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final int ROWS = 4;

  /// A matrix larger than this is not in a cache near the core when its turn comes.
  private static final long CACHED_BYTES = 1 << 20;

  /// Never read: what is written here has been loaded.
  @SuppressWarnings("unused") // it is there to be written
  private int touched;

  @Override
  public String name() {
    return "Vector API, %d bit".formatted(FLOATS.vectorBitSize());
  }

  @Override
  public int lanes() {
    return LANES;
  }

  @Override
  public void multiply(
      Panels weights,
      int from,
      int to,
      float[] in,
      int inStride,
      int rows,
      float[] out,
      int outStride) {
    int row = 0;
    if (rows > 1 && weights.bytes().byteSize() > CACHED_BYTES) {
      long at = weights.panelAt(from);
      touched = VectorTiles.touch(weights.bytes(), at, weights.panelAt(to) - at);
    }
    for (; row < rows - 1; row += ROWS) {
      for (int panel = from; panel < to; panel++) {
        fourRows(weights, panel, in, row * inStride, inStride, out, row * outStride, outStride);
      }
    }
    if (row < rows) {
      oneRow(weights, from, to, in, row * inStride, out, row * outStride);
    }
  }

  private static void oneRow(
      Panels weights, int from, int to, float[] in, int inAt, float[] out, int outAt) {
    MemorySegment bytes = weights.bytes();
    int words = weights.words();
    int panel = from;
    if (weights.dtype() == Dtype.BF16) {
      for (; panel < to - 1; panel += 2) {
        int target = outAt + panel * weights.panelRows();
        VectorTiles.bf16Pair(bytes, weights.panelAt(panel), words, in, inAt, out, target);
      }
    }
    for (; panel < to; panel++) {
      long at = weights.panelAt(panel);
      int target = outAt + panel * weights.panelRows();
      switch (weights.dtype()) {
        case BF16 -> VectorTiles.bf16(bytes, at, words, in, inAt, out, target);
        case F16 -> HalfTiles.one(bytes, at, words, in, inAt, out, target);
        case F32 -> VectorTiles.f32(bytes, at, words, in, inAt, out, target);
      }
    }
  }

  private static void fourRows(
      Panels weights,
      int panel,
      float[] in,
      int inAt,
      int inStride,
      float[] out,
      int outAt,
      int outStride) {
    long at = weights.panelAt(panel);
    int target = outAt + panel * weights.panelRows();
    strip(weights, at, in, inAt, inStride, out, target, outStride);
    long second = at + weights.stripBytes();
    strip(weights, second, in, inAt, inStride, out, target + 2 * LANES, outStride);
  }

  private static void strip(
      Panels weights,
      long at,
      float[] in,
      int inAt,
      int inStride,
      float[] out,
      int outAt,
      int outStride) {
    MemorySegment bytes = weights.bytes();
    int words = weights.words();
    Dtype dtype = weights.dtype();
    switch (dtype) {
      case BF16 ->
          VectorTiles.bf16Four(bytes, at, words, in, inAt, inStride, out, outAt, outStride);
      case F16 -> HalfTiles.four(bytes, at, words, in, inAt, inStride, out, outAt, outStride);
      case F32 -> VectorTiles.f32Four(bytes, at, words, in, inAt, inStride, out, outAt, outStride);
    }
  }

  @Override
  public void scores(
      MemorySegment keys,
      long at,
      int blockTokens,
      float[] query,
      int queryAt,
      int headDim,
      float[] out,
      int outAt) {
    long step = 4L * blockTokens;
    int token = 0;
    for (; token <= blockTokens - LANES; token += LANES) {
      FloatVector a = FloatVector.zero(FLOATS);
      FloatVector b = a;
      FloatVector c = a;
      FloatVector d = a;
      for (int i = 0; i < headDim; i += 4) {
        long key = at + 4L * token + i * step;
        int q = queryAt + i;
        a = FloatVector.fromMemorySegment(FLOATS, keys, key, ORDER).fma(broadcast(query, q), a);
        key += step;
        b = FloatVector.fromMemorySegment(FLOATS, keys, key, ORDER).fma(broadcast(query, q + 1), b);
        key += step;
        c = FloatVector.fromMemorySegment(FLOATS, keys, key, ORDER).fma(broadcast(query, q + 2), c);
        key += step;
        d = FloatVector.fromMemorySegment(FLOATS, keys, key, ORDER).fma(broadcast(query, q + 3), d);
      }
      a.add(b).add(c.add(d)).intoArray(out, outAt + token);
    }
    for (; token < blockTokens; token++) {
      out[outAt + token] =
          ScalarKernels.score(keys, at + 4L * token, step, query, queryAt, headDim);
    }
  }

  private static FloatVector broadcast(float[] x, int at) {
    return FloatVector.broadcast(FLOATS, x[at]);
  }

  @Override
  public void mix(
      MemorySegment values,
      long at,
      int headDim,
      float[] weights,
      int weightsAt,
      int tokens,
      float[] out,
      int outAt) {
    int i = 0;
    for (; i <= headDim - LANES; i += LANES) {
      FloatVector sum = FloatVector.fromArray(FLOATS, out, outAt + i);
      for (int token = 0; token < tokens; token++) {
        long value = at + 4L * ((long) token * headDim + i);
        sum =
            FloatVector.fromMemorySegment(FLOATS, values, value, ORDER)
                .fma(FloatVector.broadcast(FLOATS, weights[weightsAt + token]), sum);
      }
      sum.intoArray(out, outAt + i);
    }
    ScalarKernels.mix(values, at, headDim, i, weights, weightsAt, tokens, out, outAt);
  }

  @Override
  public void exponentials(float[] x, int count, float shift) {
    int i = 0;
    for (; i <= count - LANES; i += LANES) {
      FloatVector value = FloatVector.fromArray(FLOATS, x, i).sub(shift);
      exponential(value).intoArray(x, i);
    }
    ScalarKernels.exponentials(x, i, count, shift);
  }

  @Override
  public void gate(float[] x, int at, int count, float[] out, int outAt) {
    int i = 0;
    for (; i <= count - LANES; i += LANES) {
      FloatVector gate = FloatVector.fromArray(FLOATS, x, at + i);
      FloatVector up = FloatVector.fromArray(FLOATS, x, at + count + i);
      gate.div(exponential(gate.neg()).add(1f)).mul(up).intoArray(out, outAt + i);
    }
    ScalarKernels.gate(x, at, i, count, out, outAt);
  }

  /// [Exponential#of], operation by operation.
  private static FloatVector exponential(FloatVector value) {
    FloatVector x = value.max(Exponential.LOWEST).min(Exponential.HIGHEST);
    FloatVector round = FloatVector.broadcast(FLOATS, Exponential.ROUND);
    FloatVector shifted = x.fma(FloatVector.broadcast(FLOATS, Exponential.LOG2_E), round);
    FloatVector n = shifted.sub(round);
    FloatVector r = n.fma(FloatVector.broadcast(FLOATS, -Exponential.LN2_HIGH), x);
    r = n.fma(FloatVector.broadcast(FLOATS, -Exponential.LN2_LOW), r);
    FloatVector p = FloatVector.broadcast(FLOATS, Exponential.C5);
    p = p.fma(r, FloatVector.broadcast(FLOATS, Exponential.C4));
    p = p.fma(r, FloatVector.broadcast(FLOATS, Exponential.C3));
    p = p.fma(r, FloatVector.broadcast(FLOATS, Exponential.C2));
    p = p.fma(r, FloatVector.broadcast(FLOATS, Exponential.C1));
    p = p.fma(r, FloatVector.broadcast(FLOATS, Exponential.C0));
    p = p.fma(r.mul(r), r).add(1f);
    return p.mul(
        shifted
            .reinterpretAsInts()
            .lanewise(VectorOperators.LSHL, 23)
            .add(Exponential.ONE_BITS)
            .reinterpretAsFloats());
  }
}
