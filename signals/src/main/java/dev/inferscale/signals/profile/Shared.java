package dev.inferscale.signals.profile;

import dev.inferscale.signals.profile.Reading.Histogram;
import dev.inferscale.signals.profile.Reading.Provenance;
import dev.inferscale.signals.profile.Reading.Ranks;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// Gives equal readings the same bounds, texts and provenance, since thousands of targets hold the
/// same ones for long. It changes no value; when it is full, new ones are simply not shared. For
/// any thread.
final class Shared {
  private static final int MOST = 512;

  private final Map<Bounds, double[]> bounds = new ConcurrentHashMap<>();
  private final Map<String, String> texts = new ConcurrentHashMap<>();
  private final Map<List<Provenance>, List<Provenance>> provenances = new ConcurrentHashMap<>();
  private final Map<List<Ranks>, List<Ranks>> rankLists = new ConcurrentHashMap<>();

  Histogram bounds(Histogram histogram) {
    double[] same = one(bounds, new Bounds(histogram.bounds()), histogram.bounds());
    return new Histogram(same, histogram.cumulative(), histogram.sum());
  }

  @Nullable String text(@Nullable String text) {
    return text == null ? null : one(texts, text, text);
  }

  List<Provenance> provenance(List<Provenance> provenance) {
    return one(provenances, provenance, provenance);
  }

  List<Ranks> ranks(List<Ranks> ranks) {
    return one(rankLists, ranks, ranks);
  }

  private static <K, V> V one(Map<K, V> known, K key, V value) {
    V same = known.get(key);
    if (same != null) {
      return same;
    }
    // Threads may pass the check together, so that a few more than MOST are kept.
    if (known.size() < MOST) {
      known.put(key, value);
    }
    return value;
  }

  /// An array that is equal to arrays of the same numbers.
  private record Bounds(double[] numbers) {
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Bounds(double[] same) && Arrays.equals(numbers, same);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(numbers);
    }
  }
}
