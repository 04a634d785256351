package dev.inferscale.signals.snapshot;

import dev.inferscale.signals.pool.Replicas.Count;
import java.time.Duration;
import java.util.List;

/// What is known of a pool's replicas.
final class Scaled {
  /// The API server may be away for so long before what it said last is no longer said on.
  private static final Duration STALE_AFTER = Duration.ofSeconds(60);

  private Scaled() {}

  static Answer answer(Sight sight, Count count) {
    return switch (count) {
      case Count.Unknown(boolean soon, String why) ->
          sight.missing(soon ? Absence.NOT_YET : Absence.CONFIG, why);
      case Count.Known known -> known(sight, known);
    };
  }

  private static Answer known(Sight sight, Count.Known known) {
    Duration since = Duration.between(known.at(), sight.now());
    Duration age = since.isNegative() ? Duration.ZERO : since;
    if (age.compareTo(STALE_AFTER) > 0) {
      return new Answer.Missing(
          Absence.STALE,
          "the Kubernetes API has not told it for "
              + Explanation.seconds(age)
              + "; is the API server up?",
          age);
    }
    return new Answer.Value(
        known.number(),
        age,
        null,
        Quality.EXACT,
        sight.fresh().size(),
        sight.total(),
        List.of(),
        "");
  }
}
