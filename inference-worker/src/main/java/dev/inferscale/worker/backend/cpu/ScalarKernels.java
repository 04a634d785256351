package dev.inferscale.worker.backend.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/// Kernels in plain Java, for a JVM without the Vector API's module.
final class ScalarKernels implements Kernels {
  private static final int LANES = 8;
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

  @Override
  public String name() {
    return "plain Java";
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
    int stripRows = 2 * weights.lanes();
    float[] sums = new float[stripRows];
    for (int row = 0; row < rows; row++) {
      for (int strip = 2 * from; strip < 2 * to; strip++) {
        Arrays.fill(sums, 0);
        long at = strip * weights.stripBytes();
        for (int word = 0; word < weights.words(); word++) {
          add(weights, at + 4L * word * stripRows, in, row * inStride, word, sums);
        }
        System.arraycopy(sums, 0, out, row * outStride + strip * stripRows, stripRows);
      }
    }
  }

  /// Adds the products of one word of every row in a strip.
  private static void add(Panels weights, long at, float[] in, int inAt, int word, float[] sums) {
    MemorySegment bytes = weights.bytes();
    switch (weights.dtype()) {
      case BF16 -> {
        float even = in[inAt + 2 * word];
        float odd = in[inAt + 2 * word + 1];
        for (int i = 0; i < sums.length; i++) {
          int bits = bytes.get(INT, at + 4L * i);
          float sum = Math.fma(Float.intBitsToFloat(bits << 16), even, sums[i]);
          sums[i] = Math.fma(Float.intBitsToFloat(bits & 0xffff0000), odd, sum);
        }
      }
      case F16 -> {
        float even = in[inAt + 2 * word];
        float odd = in[inAt + 2 * word + 1];
        for (int i = 0; i < sums.length; i++) {
          int bits = bytes.get(INT, at + 4L * i);
          float sum = Math.fma(Float.float16ToFloat((short) bits), even, sums[i]);
          sums[i] = Math.fma(Float.float16ToFloat((short) (bits >>> 16)), odd, sum);
        }
      }
      case F32 -> {
        float x = in[inAt + word];
        for (int i = 0; i < sums.length; i++) {
          sums[i] = Math.fma(Float.intBitsToFloat(bytes.get(INT, at + 4L * i)), x, sums[i]);
        }
      }
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
    for (int token = 0; token < blockTokens; token++) {
      out[outAt + token] = score(keys, at + 4L * token, 4L * blockTokens, query, queryAt, headDim);
    }
  }

  /// One dot product in four interleaved chains, which a vector of tokens needs to hide the latency
  /// of its multiply-adds.
  static float score(
      MemorySegment keys, long at, long step, float[] query, int queryAt, int headDim) {
    float a = 0;
    float b = 0;
    float c = 0;
    float d = 0;
    for (int i = 0; i < headDim; i += 4) {
      long key = at + i * step;
      a = Math.fma(keys.get(FLOAT, key), query[queryAt + i], a);
      b = Math.fma(keys.get(FLOAT, key + step), query[queryAt + i + 1], b);
      c = Math.fma(keys.get(FLOAT, key + 2 * step), query[queryAt + i + 2], c);
      d = Math.fma(keys.get(FLOAT, key + 3 * step), query[queryAt + i + 3], d);
    }
    return (a + b) + (c + d);
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
    mix(values, at, headDim, 0, weights, weightsAt, tokens, out, outAt);
  }

  /// @param from first dimension to mix
  static void mix(
      MemorySegment values,
      long at,
      int headDim,
      int from,
      float[] weights,
      int weightsAt,
      int tokens,
      float[] out,
      int outAt) {
    for (int token = 0; token < tokens; token++) {
      float weight = weights[weightsAt + token];
      long value = at + 4L * token * headDim;
      for (int i = from; i < headDim; i++) {
        out[outAt + i] = Math.fma(values.get(FLOAT, value + 4L * i), weight, out[outAt + i]);
      }
    }
  }

  @Override
  public void exponentials(float[] x, int count, float shift) {
    exponentials(x, 0, count, shift);
  }

  static void exponentials(float[] x, int from, int to, float shift) {
    for (int i = from; i < to; i++) {
      x[i] = Exponential.of(x[i] - shift);
    }
  }

  @Override
  public void gate(float[] x, int at, int count, float[] out, int outAt) {
    gate(x, at, 0, count, out, outAt);
  }

  static void gate(float[] x, int at, int from, int count, float[] out, int outAt) {
    for (int i = from; i < count; i++) {
      float gate = x[at + i];
      out[outAt + i] = gate / (1f + Exponential.of(-gate)) * x[at + count + i];
    }
  }
}
