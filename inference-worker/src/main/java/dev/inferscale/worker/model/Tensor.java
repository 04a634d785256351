package dev.inferscale.worker.model;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// One tensor where it lies in its file: row-major, little-endian, not aligned. Valid until its
/// [Safetensors] is closed.
public record Tensor(Dtype dtype, long[] shape, MemorySegment bytes) {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /// Number of elements.
  public long size() {
    return bytes.byteSize() / dtype.bytes();
  }

  /// One element, widened exactly.
  public float at(long index) {
    return switch (dtype) {
      case BF16 -> Float.intBitsToFloat(bytes.get(SHORT, 2 * index) << 16);
      case F16 -> Float.float16ToFloat(bytes.get(SHORT, 2 * index));
      case F32 -> bytes.get(FLOAT, 4 * index);
    };
  }

  /// All elements, widened exactly; for tensors known to be small.
  public float[] toArray() {
    float[] values = new float[Math.toIntExact(size())];
    for (int i = 0; i < values.length; i++) {
      values[i] = at(i);
    }
    return values;
  }
}
