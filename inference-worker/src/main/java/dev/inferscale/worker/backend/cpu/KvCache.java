package dev.inferscale.worker.backend.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Keys and values of all layers, in blocks that hold `blockTokens` consecutive tokens of one
/// sequence, as floats.
///
/// Keys lie as `[layer][block][kvHead][headDim][token]`, values as
/// `[layer][block][kvHead][token][headDim]`: one vector holds one dimension of neighbouring tokens'
/// keys, or neighbouring dimensions of one token's value, so neither needs sums across lanes.
final class KvCache {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
  private static final long ALIGNMENT = 64;

  private final int blocks;
  private final int blockTokens;
  private final int kvHeads;
  private final int headDim;
  private final MemorySegment keys;
  private final MemorySegment values;

  KvCache(Arena arena, int layers, int blocks, int blockTokens, int kvHeads, int headDim) {
    this.blocks = blocks;
    this.blockTokens = blockTokens;
    this.kvHeads = kvHeads;
    this.headDim = headDim;
    long bytes = (long) layers * blocks * kvHeads * headDim * blockTokens * Float.BYTES;
    keys = arena.allocate(bytes, ALIGNMENT);
    values = arena.allocate(bytes, ALIGNMENT);
  }

  /// Bytes of keys and values of one token.
  static long bytesPerToken(int layers, int kvHeads, int headDim) {
    return 2L * layers * kvHeads * headDim * Float.BYTES;
  }

  int blocks() {
    return blocks;
  }

  int blockTokens() {
    return blockTokens;
  }

  MemorySegment keys() {
    return keys;
  }

  MemorySegment values() {
    return values;
  }

  /// Byte offset of a head's part of a block, in keys and values alike.
  long at(int layer, int block, int kvHead) {
    return (((long) layer * blocks + block) * kvHeads + kvHead)
        * headDim
        * blockTokens
        * Float.BYTES;
  }

  /// Stores one token's key of all heads, from `key[at]` on.
  void putKey(int layer, int block, int slot, float[] key, int at) {
    for (int head = 0; head < kvHeads; head++) {
      long to = at(layer, block, head) + (long) slot * Float.BYTES;
      for (int i = 0; i < headDim; i++) {
        keys.set(FLOAT, to + (long) i * blockTokens * Float.BYTES, key[at + head * headDim + i]);
      }
    }
  }

  /// Stores one token's value of all heads, from `value[at]` on.
  void putValue(int layer, int block, int slot, float[] value, int at) {
    for (int head = 0; head < kvHeads; head++) {
      long to = at(layer, block, head) + (long) slot * headDim * Float.BYTES;
      MemorySegment.copy(value, at + head * headDim, values, FLOAT, to, headDim);
    }
  }
}
