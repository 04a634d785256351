package dev.inferscale.app.hpa;

import java.util.List;

/// What the controller gets when it reads a metric.
public sealed interface Read {

  /// A list of values.
  record Items(List<Item> items) implements Read {
    public Items {
      items = List.copyOf(items);
    }
  }

  /// One value.
  ///
  /// @param what it is of: a pod, or labels
  /// @param quantity as served
  /// @param milli the same in thousandths, rounded up as the controller does
  record Item(String what, String quantity, long milli) {}

  /// No value, and the sentence that the HPA's event shows.
  record Refused(String sentence) implements Read {}

  /// A metric that is not read here, such as the CPU's.
  record Unread() implements Read {}
}
