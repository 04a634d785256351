package dev.inferscale.worker.backend.cpu;

import dev.inferscale.worker.model.Dtype;
import dev.inferscale.worker.model.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;

/// A weight matrix in its file's number format, packed so that a product needs no sum across vector
/// lanes: lanes are output rows, and every output is one chain of multiply-adds in the order of the
/// columns.
///
/// A strip is `2 * lanes` rows, stored column by column; a panel is two strips. Two columns of a
/// 16-bit format share one int, the even column in its low half. Rows are padded with zeros to
/// whole panels.
///
/// @param rows outputs, without padding
/// @param columns inputs; even
record Panels(MemorySegment bytes, Dtype dtype, int rows, int columns, int lanes) {
  private static final ValueLayout.OfInt FILE_INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final long ALIGNMENT = 64;

  /// Packs matrices of one dtype and width, one above the other, into one.
  static Panels pack(List<Tensor> parts, int lanes, Arena arena, Team team) {
    int columns = Math.toIntExact(parts.getFirst().shape()[1]);
    Dtype dtype = parts.getFirst().dtype();
    int rows = parts.stream().mapToInt(part -> Math.toIntExact(part.shape()[0])).sum();
    long size = paddedRows(rows, lanes) * (long) columns * dtype.bytes();
    var packed = new Panels(arena.allocate(size, ALIGNMENT), dtype, rows, columns, lanes);
    int begin = 0;
    for (Tensor part : parts) {
      int first = begin;
      int partRows = Math.toIntExact(part.shape()[0]);
      team.run(partRows, part.size(), (row, worker) -> packed.packRow(part, row, first + row));
      begin += partRows;
    }
    return packed;
  }

  private void packRow(Tensor part, int row, int target) {
    int words = words();
    long from = (long) row * words * 4;
    long to = wordAt(target, 0);
    long step = 8L * lanes;
    for (int word = 0; word < words; word++) {
      bytes.set(INT, to + word * step, part.bytes().get(FILE_INT, from + 4L * word));
    }
  }

  /// Rows with the padding.
  static int paddedRows(int rows, int lanes) {
    int panelRows = 4 * lanes;
    return Math.ceilDiv(rows, panelRows) * panelRows;
  }

  int paddedRows() {
    return paddedRows(rows, lanes);
  }

  int panelRows() {
    return 4 * lanes;
  }

  int panels() {
    return paddedRows() / panelRows();
  }

  /// 32-bit words of one row: a float, or two columns of a 16-bit format.
  int words() {
    return columns * dtype.bytes() / 4;
  }

  long stripBytes() {
    return 8L * lanes * words();
  }

  /// Byte offset of a panel's first strip; the second follows it.
  long panelAt(int panel) {
    return 2 * stripBytes() * panel;
  }

  /// One row, widened: an embedding is looked up in the same memory that it is multiplied from.
  void unpackRow(int row, float[] out, int at) {
    int words = words();
    for (int word = 0; word < words; word++) {
      int bits = bytes.get(INT, wordAt(row, word));
      switch (dtype) {
        case BF16 -> {
          out[at + 2 * word] = Float.intBitsToFloat(bits << 16);
          out[at + 2 * word + 1] = Float.intBitsToFloat(bits & 0xffff0000);
        }
        case F16 -> {
          out[at + 2 * word] = Float.float16ToFloat((short) bits);
          out[at + 2 * word + 1] = Float.float16ToFloat((short) (bits >>> 16));
        }
        case F32 -> out[at + word] = Float.intBitsToFloat(bits);
      }
    }
  }

  private long wordAt(int row, int word) {
    int stripRows = 2 * lanes;
    return row / stripRows * stripBytes() + 4L * ((long) word * stripRows + row % stripRows);
  }
}
