package dev.inferscale.signals.exposition;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/// Which families a reader wants: a page is checked whole, but only their series are kept.
public final class FamilySet {
  /// Every family, for diagnosis.
  public static final FamilySet ALL = new FamilySet(new byte[0][][], true);

  private final byte[][][] buckets;
  private final boolean all;

  private FamilySet(byte[][][] buckets, boolean all) {
    this.buckets = buckets;
    this.all = all;
  }

  /// The families that these names may stand for: `:` and `_` are the same, a counter may lack or
  /// have `_total`, and `x_sum` belongs to `x`.
  public static FamilySet of(Collection<SeriesName> names) {
    int mask = Integer.highestOneBit(Math.max(8, names.size() * 4)) * 2 - 1;
    Map<Integer, byte[][]> filled = new HashMap<>();
    for (SeriesName name : names) {
      for (String family : name.families()) {
        byte[] bytes = family.getBytes(StandardCharsets.UTF_8);
        int bucket = Ascii.nameHash(bytes, 0, bytes.length) & mask;
        filled.merge(bucket, new byte[][] {bytes}, FamilySet::joined);
      }
    }
    byte[][][] buckets = new byte[mask + 1][][];
    Arrays.setAll(buckets, i -> filled.getOrDefault(i, new byte[0][]));
    return new FamilySet(buckets, false);
  }

  private static byte[][] joined(byte[][] some, byte[][] more) {
    byte[][] both = Arrays.copyOf(some, some.length + more.length);
    System.arraycopy(more, 0, both, some.length, more.length);
    return both;
  }

  boolean has(byte[] name, int from, int to, int hash) {
    if (all) {
      return true;
    }
    for (byte[] wanted : buckets[hash & (buckets.length - 1)]) {
      if (Ascii.sameName(wanted, 0, wanted.length, name, from, to)) {
        return true;
      }
    }
    return false;
  }
}
