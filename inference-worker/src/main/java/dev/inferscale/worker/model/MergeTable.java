package dev.inferscale.worker.model;

import java.util.Arrays;

/// For a pair of neighbouring tokens, the rank of their merge and the token it makes: an open hash
/// table of longs, because real vocabularies hold 280,000 merges.
final class MergeTable {
  private static final long EMPTY = -1;

  private final long[] pairs;
  private final long[] merges;
  private final int mask;

  MergeTable(int capacity) {
    int slots = Integer.highestOneBit(Math.max(8, capacity)) << 2;
    pairs = new long[slots];
    merges = new long[slots];
    mask = slots - 1;
    Arrays.fill(pairs, EMPTY);
  }

  /// The first rank of a pair stays.
  void put(int left, int right, int rank, int merged) {
    int slot = slot(pair(left, right));
    if (pairs[slot] == EMPTY) {
      pairs[slot] = pair(left, right);
      merges[slot] = (long) rank << 32 | merged;
    }
  }

  /// `rank << 32 | token`, or -1 where the two do not merge.
  long get(int left, int right) {
    int slot = slot(pair(left, right));
    return pairs[slot] == EMPTY ? EMPTY : merges[slot];
  }

  private static long pair(int left, int right) {
    return (long) left << 32 | right;
  }

  private int slot(long pair) {
    int slot = (int) ((pair * 0x9e3779b97f4a7c15L) >>> 33) & mask;
    while (pairs[slot] != EMPTY && pairs[slot] != pair) {
      slot = slot + 1 & mask;
    }
    return slot;
  }
}
