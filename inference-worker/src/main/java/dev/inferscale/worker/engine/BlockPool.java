package dev.inferscale.worker.engine;

import java.util.BitSet;

/// The KV cache's blocks: which are free. Owned by one thread.
///
/// Invariant: each block is either free or taken by one holder.
final class BlockPool {
  private final int[] free;
  private final BitSet taken;
  private int freeCount;

  BlockPool(int blocks) {
    free = new int[blocks];
    taken = new BitSet(blocks);
    // Counting down, so that the first block handed out is block 0.
    for (int i = 0; i < blocks; i++) {
      free[i] = blocks - 1 - i;
    }
    freeCount = blocks;
  }

  int free() {
    return freeCount;
  }

  int used() {
    return free.length - freeCount;
  }

  /// Takes free blocks; throws [IllegalStateException] when there are fewer than `count`.
  int[] take(int count) {
    if (count > freeCount) {
      throw new IllegalStateException(
          "asked for %d blocks but %d are free".formatted(count, freeCount));
    }
    int[] blocks = new int[count];
    for (int i = 0; i < count; i++) {
      blocks[i] = free[--freeCount];
      taken.set(blocks[i]);
    }
    return blocks;
  }

  /// Gives blocks back; throws [IllegalStateException] for one that is not taken.
  void release(int[] blocks) {
    for (int block : blocks) {
      if (!taken.get(block)) {
        throw new IllegalStateException("block " + block + " is released but was not taken");
      }
      taken.clear(block);
      free[freeCount++] = block;
    }
  }

  /// Throws [IllegalStateException] when a block is lost or counted twice.
  void checkInvariants() {
    BitSet seen = (BitSet) taken.clone();
    for (int i = 0; i < freeCount; i++) {
      if (seen.get(free[i])) {
        throw new IllegalStateException("block " + free[i] + " is free twice, or free and taken");
      }
      seen.set(free[i]);
    }
    if (seen.cardinality() != free.length) {
      throw new IllegalStateException(
          "%d of %d blocks are lost".formatted(free.length - seen.cardinality(), free.length));
    }
  }
}
