package dev.inferscale.signals.profile;

import dev.inferscale.signals.exposition.Part;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The series of one family that a term reads, as columns. Series that differ only in labels that
/// repeat a value are one entry, with the largest of their values. One thread at a time.
final class Gathering {
  private final List<String> instances = new ArrayList<>(2);
  private final Map<Long, Integer> entries = new HashMap<>();
  private double[] values = new double[16];
  private double[] bounds = new double[16];
  private Part[] parts = new Part[16];
  private int[] instanceOf = new int[16];
  private int size;

  /// True where the family had series that the profile's own filters let through, whether or not
  /// the term took them.
  private boolean any;

  /// Forgets everything; the columns stay for the next family.
  void clear() {
    instances.clear();
    entries.clear();
    size = 0;
    any = false;
  }

  void sawOne() {
    any = true;
  }

  boolean any() {
    return any;
  }

  int size() {
    return size;
  }

  double value(int entry) {
    return values[entry];
  }

  Part part(int entry) {
    return parts[entry];
  }

  /// The upper bound that the entry's `le` tells, NaN where it has none.
  double bound(int entry) {
    return bounds[entry];
  }

  String instance(int entry) {
    return instances.get(instanceOf[entry]);
  }

  /// Adds the series that was matched last; only one that may be repeated is compared with those
  /// before it.
  void add(SeriesMatch series, Part part) {
    double value = series.value();
    if (series.isRepeated()) {
      int known = known(series.key() * 31 + part.suffix().length());
      if (known >= 0) {
        values[known] = larger(values[known], value);
        return;
      }
    }
    if (size == values.length) {
      grow();
    }
    parts[size] = part;
    bounds[size] = series.bound();
    values[size] = value;
    instanceOf[size] = indexOf(series.instance());
    size++;
  }

  /// The entry of that key, or -1 after making a place for the entry that comes next.
  private int known(long key) {
    Integer entry = entries.putIfAbsent(key, size);
    return entry == null ? -1 : entry;
  }

  private static double larger(double a, double b) {
    return Double.isNaN(a) || b > a ? b : a;
  }

  private int indexOf(String instance) {
    int index = instances.indexOf(instance);
    if (index < 0) {
      index = instances.size();
      instances.add(instance);
    }
    return index;
  }

  private void grow() {
    values = Arrays.copyOf(values, size * 2);
    bounds = Arrays.copyOf(bounds, size * 2);
    parts = Arrays.copyOf(parts, size * 2);
    instanceOf = Arrays.copyOf(instanceOf, size * 2);
  }
}
