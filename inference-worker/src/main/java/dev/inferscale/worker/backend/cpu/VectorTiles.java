package dev.inferscale.worker.backend.cpu;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/// The inner loops of products with packed BF16 and F32 weights, one per shape; [HalfTiles] has
/// those of F16.
///
/// Each loop stands whole in one method: a vector that is passed to or returned from a method of
/// ours may be boxed, which costs a factor of nine. The one-row loops read two or four strips at
/// once, because more streams are read faster; the four-row loops go through one strip, so that
/// weights are widened once for four rows and eight sums stay in registers.
final class VectorTiles {
  static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;
  static final int LANES = FLOATS.length();
  static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;

  /// Bytes from one vector to the next.
  static final long VECTOR = 4L * LANES;

  /// Bytes from one word of a strip to the next.
  static final long STEP = 2 * VECTOR;

  private static final int ODD = 0xffff0000;

  private VectorTiles() {}

  /// Brings weights into the cache, at the rate of a plain read: the four-row loops have too much
  /// to do between two loads to keep the memory busy. Bytes are a multiple of eight vectors.
  ///
  /// @return nothing of meaning; it keeps the loads alive
  static int touch(MemorySegment weights, long at, long bytes) {
    IntVector a = IntVector.zero(INTS);
    IntVector b = a;
    IntVector c = a;
    IntVector d = a;
    long quarter = bytes / 4;
    for (long first = at; first < at + quarter; first += VECTOR) {
      a = a.or(IntVector.fromMemorySegment(INTS, weights, first, ORDER));
      b = b.or(IntVector.fromMemorySegment(INTS, weights, first + quarter, ORDER));
      c = c.or(IntVector.fromMemorySegment(INTS, weights, first + 2 * quarter, ORDER));
      d = d.or(IntVector.fromMemorySegment(INTS, weights, first + 3 * quarter, ORDER));
    }
    return a.or(b).or(c.or(d)).lane(0);
  }

  /// One row of activations times a panel of BF16 weights.
  static void bf16(
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
      a0 = w0.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().fma(even, a0);
      a1 = w1.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().fma(even, a1);
      a2 = w2.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().fma(even, a2);
      a3 = w3.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().fma(even, a3);
      a0 = w0.and(ODD).reinterpretAsFloats().fma(odd, a0);
      a1 = w1.and(ODD).reinterpretAsFloats().fma(odd, a1);
      a2 = w2.and(ODD).reinterpretAsFloats().fma(odd, a2);
      a3 = w3.and(ODD).reinterpretAsFloats().fma(odd, a3);
    }
    a0.intoArray(out, outAt);
    a1.intoArray(out, outAt + LANES);
    a2.intoArray(out, outAt + 2 * LANES);
    a3.intoArray(out, outAt + 3 * LANES);
  }

  /// One row of activations times two neighbouring panels of BF16 weights: four streams, which the
  /// memory system likes best.
  static void bf16Pair(
      MemorySegment weights, long at, int words, float[] in, int inAt, float[] out, int outAt) {
    FloatVector a0 = FloatVector.zero(FLOATS);
    FloatVector a1 = a0;
    FloatVector a2 = a0;
    FloatVector a3 = a0;
    FloatVector a4 = a0;
    FloatVector a5 = a0;
    FloatVector a6 = a0;
    FloatVector a7 = a0;
    long second = at + STEP * words;
    long third = second + STEP * words;
    long fourth = third + STEP * words;
    for (int word = 0; word < words; word++) {
      FloatVector even = FloatVector.broadcast(FLOATS, in[inAt + 2 * word]);
      FloatVector odd = FloatVector.broadcast(FLOATS, in[inAt + 2 * word + 1]);
      long step = STEP * word;
      IntVector w0 = IntVector.fromMemorySegment(INTS, weights, at + step, ORDER);
      IntVector w1 = IntVector.fromMemorySegment(INTS, weights, at + step + VECTOR, ORDER);
      IntVector w2 = IntVector.fromMemorySegment(INTS, weights, second + step, ORDER);
      IntVector w3 = IntVector.fromMemorySegment(INTS, weights, second + step + VECTOR, ORDER);
      IntVector w4 = IntVector.fromMemorySegment(INTS, weights, third + step, ORDER);
      IntVector w5 = IntVector.fromMemorySegment(INTS, weights, third + step + VECTOR, ORDER);
      IntVector w6 = IntVector.fromMemorySegment(INTS, weights, fourth + step, ORDER);
      IntVector w7 = IntVector.fromMemorySegment(INTS, weights, fourth + step + VECTOR, ORDER);
      a0 = w0.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().fma(even, a0);
      a0 = w0.and(ODD).reinterpretAsFloats().fma(odd, a0);
      a1 = w1.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().fma(even, a1);
      a1 = w1.and(ODD).reinterpretAsFloats().fma(odd, a1);
      a2 = w2.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().fma(even, a2);
      a2 = w2.and(ODD).reinterpretAsFloats().fma(odd, a2);
      a3 = w3.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().fma(even, a3);
      a3 = w3.and(ODD).reinterpretAsFloats().fma(odd, a3);
      a4 = w4.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().fma(even, a4);
      a4 = w4.and(ODD).reinterpretAsFloats().fma(odd, a4);
      a5 = w5.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().fma(even, a5);
      a5 = w5.and(ODD).reinterpretAsFloats().fma(odd, a5);
      a6 = w6.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().fma(even, a6);
      a6 = w6.and(ODD).reinterpretAsFloats().fma(odd, a6);
      a7 = w7.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().fma(even, a7);
      a7 = w7.and(ODD).reinterpretAsFloats().fma(odd, a7);
    }
    a0.intoArray(out, outAt);
    a1.intoArray(out, outAt + LANES);
    a2.intoArray(out, outAt + 2 * LANES);
    a3.intoArray(out, outAt + 3 * LANES);
    a4.intoArray(out, outAt + 4 * LANES);
    a5.intoArray(out, outAt + 5 * LANES);
    a6.intoArray(out, outAt + 6 * LANES);
    a7.intoArray(out, outAt + 7 * LANES);
  }

  /// Four rows of activations times one strip of BF16 weights.
  static void bf16Four(
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
      FloatVector even0 = w0.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
      FloatVector even1 = w1.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
      FloatVector odd0 = w0.and(ODD).reinterpretAsFloats();
      FloatVector odd1 = w1.and(ODD).reinterpretAsFloats();
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

  /// One row of activations times a panel of F32 weights.
  static void f32(
      MemorySegment weights, long at, int words, float[] in, int inAt, float[] out, int outAt) {
    FloatVector a0 = FloatVector.zero(FLOATS);
    FloatVector a1 = a0;
    FloatVector a2 = a0;
    FloatVector a3 = a0;
    long second = STEP * words;
    for (int word = 0; word < words; word++) {
      long left = at + STEP * word;
      long right = left + second;
      FloatVector x = FloatVector.broadcast(FLOATS, in[inAt + word]);
      a0 = FloatVector.fromMemorySegment(FLOATS, weights, left, ORDER).fma(x, a0);
      a1 = FloatVector.fromMemorySegment(FLOATS, weights, left + VECTOR, ORDER).fma(x, a1);
      a2 = FloatVector.fromMemorySegment(FLOATS, weights, right, ORDER).fma(x, a2);
      a3 = FloatVector.fromMemorySegment(FLOATS, weights, right + VECTOR, ORDER).fma(x, a3);
    }
    a0.intoArray(out, outAt);
    a1.intoArray(out, outAt + LANES);
    a2.intoArray(out, outAt + 2 * LANES);
    a3.intoArray(out, outAt + 3 * LANES);
  }

  /// Four rows of activations times one strip of F32 weights.
  static void f32Four(
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
      FloatVector w0 = FloatVector.fromMemorySegment(FLOATS, weights, left, ORDER);
      FloatVector w1 = FloatVector.fromMemorySegment(FLOATS, weights, left + VECTOR, ORDER);
      FloatVector xa = FloatVector.broadcast(FLOATS, in[inAt + word]);
      a0 = w0.fma(xa, a0);
      a1 = w1.fma(xa, a1);
      FloatVector xb = FloatVector.broadcast(FLOATS, in[in1 + word]);
      b0 = w0.fma(xb, b0);
      b1 = w1.fma(xb, b1);
      FloatVector xc = FloatVector.broadcast(FLOATS, in[in2 + word]);
      c0 = w0.fma(xc, c0);
      c1 = w1.fma(xc, c1);
      FloatVector xd = FloatVector.broadcast(FLOATS, in[in3 + word]);
      d0 = w0.fma(xd, d0);
      d1 = w1.fma(xd, d1);
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
