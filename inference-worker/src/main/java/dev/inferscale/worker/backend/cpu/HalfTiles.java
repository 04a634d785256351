package dev.inferscale.worker.backend.cpu;

import static dev.inferscale.worker.backend.cpu.VectorTiles.FLOATS;
import static dev.inferscale.worker.backend.cpu.VectorTiles.INTS;
import static dev.inferscale.worker.backend.cpu.VectorTiles.LANES;
import static dev.inferscale.worker.backend.cpu.VectorTiles.ORDER;
import static dev.inferscale.worker.backend.cpu.VectorTiles.STEP;
import static dev.inferscale.worker.backend.cpu.VectorTiles.VECTOR;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.LSHL;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/// The inner loops of products with packed F16 weights.
final class HalfTiles {
  /// Sign, exponent and fraction of a half, moved to where a float has them.
  private static final int HALF = 0x8fffe000;

  /// What the float's larger exponent bias divided a half by. Infinities do not survive it; weights
  /// have none.
  private static final float SCALE = 0x1p112f;

  private HalfTiles() {}

  /// One row of activations times a panel of F16 weights.
  static void one(
      MemorySegment weights, long at, int words, float[] in, int inAt, float[] out, int outAt) {
    FloatVector a0 = FloatVector.zero(FLOATS);
    FloatVector a1 = a0;
    FloatVector a2 = a0;
    FloatVector a3 = a0;
    long second = STEP * words;
    for (int word = 0; word < words; word++) {
      long left = at + STEP * word;
      long right = left + second;
      FloatVector even = FloatVector.broadcast(FLOATS, in[inAt + 2 * word]);
      FloatVector odd = FloatVector.broadcast(FLOATS, in[inAt + 2 * word + 1]);
      IntVector w0 = IntVector.fromMemorySegment(INTS, weights, left, ORDER);
      IntVector w1 = IntVector.fromMemorySegment(INTS, weights, left + VECTOR, ORDER);
      IntVector w2 = IntVector.fromMemorySegment(INTS, weights, right, ORDER);
      IntVector w3 = IntVector.fromMemorySegment(INTS, weights, right + VECTOR, ORDER);
      a0 =
          w0.lanewise(LSHL, 16)
              .lanewise(ASHR, 3)
              .and(HALF)
              .reinterpretAsFloats()
              .mul(SCALE)
              .fma(even, a0);
      a1 =
          w1.lanewise(LSHL, 16)
              .lanewise(ASHR, 3)
              .and(HALF)
              .reinterpretAsFloats()
              .mul(SCALE)
              .fma(even, a1);
      a2 =
          w2.lanewise(LSHL, 16)
              .lanewise(ASHR, 3)
              .and(HALF)
              .reinterpretAsFloats()
              .mul(SCALE)
              .fma(even, a2);
      a3 =
          w3.lanewise(LSHL, 16)
              .lanewise(ASHR, 3)
              .and(HALF)
              .reinterpretAsFloats()
              .mul(SCALE)
              .fma(even, a3);
      a0 = w0.lanewise(ASHR, 3).and(HALF).reinterpretAsFloats().mul(SCALE).fma(odd, a0);
      a1 = w1.lanewise(ASHR, 3).and(HALF).reinterpretAsFloats().mul(SCALE).fma(odd, a1);
      a2 = w2.lanewise(ASHR, 3).and(HALF).reinterpretAsFloats().mul(SCALE).fma(odd, a2);
      a3 = w3.lanewise(ASHR, 3).and(HALF).reinterpretAsFloats().mul(SCALE).fma(odd, a3);
    }
    a0.intoArray(out, outAt);
    a1.intoArray(out, outAt + LANES);
    a2.intoArray(out, outAt + 2 * LANES);
    a3.intoArray(out, outAt + 3 * LANES);
  }

  /// Four rows of activations times one strip of F16 weights.
  static void four(
      MemorySegment weights,
      long at,
      int words,
      float[] in,
      int inAt,
      int inStride,
      float[] out,
      int outAt,
      int outStride) {
    FloatVector a0 = FloatVector.zero(FLOATS);
    FloatVector a1 = a0;
    FloatVector b0 = a0;
    FloatVector b1 = a0;
    FloatVector c0 = a0;
    FloatVector c1 = a0;
    FloatVector d0 = a0;
    FloatVector d1 = a0;
    int in1 = inAt + inStride;
    int in2 = in1 + inStride;
    int in3 = in2 + inStride;
    for (int word = 0; word < words; word++) {
      long left = at + STEP * word;
      IntVector w0 = IntVector.fromMemorySegment(INTS, weights, left, ORDER);
      IntVector w1 = IntVector.fromMemorySegment(INTS, weights, left + VECTOR, ORDER);
      FloatVector even0 =
          w0.lanewise(LSHL, 16).lanewise(ASHR, 3).and(HALF).reinterpretAsFloats().mul(SCALE);
      FloatVector even1 =
          w1.lanewise(LSHL, 16).lanewise(ASHR, 3).and(HALF).reinterpretAsFloats().mul(SCALE);
      FloatVector odd0 = w0.lanewise(ASHR, 3).and(HALF).reinterpretAsFloats().mul(SCALE);
      FloatVector odd1 = w1.lanewise(ASHR, 3).and(HALF).reinterpretAsFloats().mul(SCALE);
      FloatVector aEven = FloatVector.broadcast(FLOATS, in[inAt + 2 * word]);
      FloatVector aOdd = FloatVector.broadcast(FLOATS, in[inAt + 2 * word + 1]);
      a0 = odd0.fma(aOdd, even0.fma(aEven, a0));
      a1 = odd1.fma(aOdd, even1.fma(aEven, a1));
      FloatVector bEven = FloatVector.broadcast(FLOATS, in[in1 + 2 * word]);
      FloatVector bOdd = FloatVector.broadcast(FLOATS, in[in1 + 2 * word + 1]);
      b0 = odd0.fma(bOdd, even0.fma(bEven, b0));
      b1 = odd1.fma(bOdd, even1.fma(bEven, b1));
      FloatVector cEven = FloatVector.broadcast(FLOATS, in[in2 + 2 * word]);
      FloatVector cOdd = FloatVector.broadcast(FLOATS, in[in2 + 2 * word + 1]);
      c0 = odd0.fma(cOdd, even0.fma(cEven, c0));
      c1 = odd1.fma(cOdd, even1.fma(cEven, c1));
      FloatVector dEven = FloatVector.broadcast(FLOATS, in[in3 + 2 * word]);
      FloatVector dOdd = FloatVector.broadcast(FLOATS, in[in3 + 2 * word + 1]);
      d0 = odd0.fma(dOdd, even0.fma(dEven, d0));
      d1 = odd1.fma(dOdd, even1.fma(dEven, d1));
    }
    a0.intoArray(out, outAt);
    a1.intoArray(out, outAt + LANES);
    b0.intoArray(out, outAt + outStride);
    b1.intoArray(out, outAt + outStride + LANES);
    c0.intoArray(out, outAt + 2 * outStride);
    c1.intoArray(out, outAt + 2 * outStride + LANES);
    d0.intoArray(out, outAt + 3 * outStride);
    d1.intoArray(out, outAt + 3 * outStride + LANES);
  }
}
