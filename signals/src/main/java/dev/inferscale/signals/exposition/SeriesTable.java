package dev.inferscale.signals.exposition;

import java.util.Arrays;

/// The series that a page's parser keeps, as columns: value, place of the labels, family and part.
/// It also knows a label set that comes twice. One thread at a time.
final class SeriesTable {
  /// Label sets that share so many slots were made to; honest ones never come near. One more is
  /// taken for a set that came before.
  private static final int LONGEST_CHAIN = 256;

  private final Labels one;
  private final Labels other;
  private double[] values;
  private int[] labelsAt;
  private int[] families;
  private Part[] parts;
  private int[] hashes;
  private int[] slots;
  private int size;

  SeriesTable(byte[] body, int capacity) {
    one = new Labels(body);
    other = new Labels(body);
    values = new double[capacity];
    labelsAt = new int[capacity];
    families = new int[capacity];
    parts = new Part[capacity];
    hashes = new int[capacity];
    slots = new int[slotsFor(capacity)];
  }

  private static int slotsFor(int capacity) {
    return Integer.highestOneBit(Math.max(8, capacity) * 2 - 1) * 2;
  }

  int size() {
    return size;
  }

  double value(int series) {
    return values[series];
  }

  int labelsAt(int series) {
    return labelsAt[series];
  }

  int family(int series) {
    return families[series];
  }

  Part part(int series) {
    return parts[series];
  }

  /// Keeps one series, unless its family has one with the same part and labels already.
  ///
  /// @param labelsHash the same for the same labels in any order
  /// @return false where it came before; the first one stays
  boolean add(int family, Part part, int labelsAtByte, int labelsHash, double value) {
    int hash = labelsHash * 31 + family * 16 + part.suffixLength();
    int slot = freeSlot(family, part, labelsAtByte, hash);
    if (slot < 0) {
      return false;
    }
    if (size == values.length) {
      grow();
      slot = freeSlot(family, part, labelsAtByte, hash);
    }
    values[size] = value;
    labelsAt[size] = labelsAtByte;
    families[size] = family;
    parts[size] = part;
    hashes[size] = hash;
    slots[slot] = ++size;
    return true;
  }

  private int freeSlot(int family, Part part, int labelsAtByte, int hash) {
    int mask = slots.length - 1;
    int slot = spread(hash) & mask;
    for (int step = 0; slots[slot] != 0; step++) {
      int series = slots[slot] - 1;
      boolean same =
          hashes[series] == hash
              && families[series] == family
              && parts[series] == part
              && sameLabels(labelsAt[series], labelsAtByte);
      if (same || step == LONGEST_CHAIN) {
        return -1;
      }
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private boolean sameLabels(int at, int otherAt) {
    return covers(at, otherAt) && covers(otherAt, at);
  }

  /// True where each label at the first place stands at the other place too.
  private boolean covers(int at, int otherAt) {
    one.start(at);
    while (one.next()) {
      other.start(otherAt);
      boolean found = false;
      while (!found && other.next()) {
        found = other.sameAs(one);
      }
      if (!found) {
        return false;
      }
    }
    return true;
  }

  private void grow() {
    int capacity = values.length * 2;
    values = Arrays.copyOf(values, capacity);
    labelsAt = Arrays.copyOf(labelsAt, capacity);
    families = Arrays.copyOf(families, capacity);
    parts = Arrays.copyOf(parts, capacity);
    hashes = Arrays.copyOf(hashes, capacity);
    slots = new int[slotsFor(capacity)];
    int mask = slots.length - 1;
    for (int series = 0; series < size; series++) {
      int slot = spread(hashes[series]) & mask;
      while (slots[slot] != 0) {
        slot = (slot + 1) & mask;
      }
      slots[slot] = series + 1;
    }
  }

  private static int spread(int hash) {
    int product = hash * 0x9e3779b9;
    return product ^ product >>> 16;
  }
}
