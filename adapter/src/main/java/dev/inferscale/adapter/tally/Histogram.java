package dev.inferscale.adapter.tally;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;

/// Counts values by size; any number of threads add.
public final class Histogram {
  private final double[] bounds;
  private final LongAdder[] counts;
  private final DoubleAdder sum = new DoubleAdder();

  /// @param bounds upper ends of the buckets, each included, ascending; what is larger than the
  ///   last has a bucket of its own
  public Histogram(double... bounds) {
    this.bounds = bounds.clone();
    this.counts =
        Stream.generate(LongAdder::new).limit(bounds.length + 1L).toArray(LongAdder[]::new);
  }

  /// Adds one; what is no number is left out.
  public void add(double value) {
    if (Double.isNaN(value)) {
      return;
    }
    int bucket = 0;
    while (bucket < bounds.length && value > bounds[bucket]) {
      bucket++;
    }
    counts[bucket].increment();
    sum.add(value);
  }

  /// What has been added so far.
  public Distribution now() {
    List<Long> found = new ArrayList<>(counts.length);
    for (LongAdder count : counts) {
      found.add(count.sum());
    }
    return new Distribution(Arrays.stream(bounds).boxed().toList(), found, sum.sum());
  }
}
