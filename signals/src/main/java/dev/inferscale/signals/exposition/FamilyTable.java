package dev.inferscale.signals.exposition;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The families of one page by name, in the order in which they appear: open addressing over the
/// names' bytes. One thread at a time.
final class FamilyTable {
  /// Names that share so many slots were made to; honest ones never come near.
  private static final int LONGEST_CHAIN = 512;

  private final List<Family> families = new ArrayList<>(96);
  private int[] slots = new int[256];

  List<Family> all() {
    return families;
  }

  int size() {
    return families.size();
  }

  @Nullable Family find(byte[] name, int from, int to, int hash) {
    int mask = slots.length - 1;
    int slot = spread(hash) & mask;
    for (int step = 0; slots[slot] != 0 && step < LONGEST_CHAIN; step++) {
      Family family = families.get(slots[slot] - 1);
      if (family.isNamed(name, from, to, hash)) {
        return family;
      }
      slot = (slot + 1) & mask;
    }
    return null;
  }

  void add(Family family) {
    families.add(family);
    if (families.size() * 2 > slots.length) {
      slots = new int[slots.length * 2];
      for (int i = 0; i < families.size(); i++) {
        place(families.get(i), i);
      }
    } else {
      place(family, families.size() - 1);
    }
  }

  private void place(Family family, int index) {
    int mask = slots.length - 1;
    int slot = spread(family.hash()) & mask;
    for (int step = 0; step < LONGEST_CHAIN; step++) {
      if (slots[slot] == 0) {
        slots[slot] = index + 1;
        return;
      }
      slot = (slot + 1) & mask;
    }
  }

  private static int spread(int hash) {
    int product = hash * 0x9e3779b9;
    return product ^ product >>> 16;
  }
}
