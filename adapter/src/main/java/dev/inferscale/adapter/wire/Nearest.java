package dev.inferscale.adapter.wire;

import dev.inferscale.signals.document.NearestKey;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/// Known names near a wrong one, for sentences that suggest what was meant: by edit distance, or
/// because the wrong one is only the beginning.
public final class Nearest {
  /// Beyond this length a name is nobody's typing error, and comparing it only costs time.
  private static final int MAX_LENGTH = 128;

  private static final int MIN_BEGINNING = 4;

  private record Scored(String name, int distance) {}

  private Nearest() {}

  /// At most `count` of the known names, nearest first; none that differs in more than a third of
  /// its characters, unless it begins with the wrong one.
  public static List<String> to(String wrong, Collection<String> known, int count) {
    if (wrong.isEmpty() || wrong.length() > MAX_LENGTH) {
      return List.of();
    }
    String folded = wrong.toLowerCase(Locale.ROOT);
    return known.stream()
        .map(name -> new Scored(name, score(folded, name.toLowerCase(Locale.ROOT))))
        .filter(scored -> scored.distance <= Math.max(2, wrong.length() / 3))
        .sorted(Comparator.comparingInt(Scored::distance).thenComparing(Scored::name))
        .limit(count)
        .map(Scored::name)
        .toList();
  }

  private static int score(String wrong, String name) {
    boolean begins = wrong.length() >= MIN_BEGINNING && name.startsWith(wrong);
    return begins ? 1 : NearestKey.edits(wrong, name);
  }
}
