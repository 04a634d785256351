package dev.inferscale.adapter.metricsapi;

import dev.inferscale.adapter.wire.Page;
import dev.inferscale.adapter.wire.Quoted;
import dev.inferscale.signals.pool.PoolId;
import dev.inferscale.signals.snapshot.Absence;
import dev.inferscale.signals.snapshot.Answer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// The Status that stands for a missing answer: the reason, the pool, the age, and what to do, in
/// the one line that reaches the HPA's event.
final class MissingStatus {
  private MissingStatus() {}

  static Page of(PoolId pool, Answer.Missing missing) {
    String message =
        missing.why().word()
            + ": pool "
            + Quoted.cut(pool.toString(), 64)
            + age(missing.age())
            + ": "
            + missing.explanation();
    return code(missing.why()).page(message);
  }

  /// Where a number slipped through that is none: never served, whatever let it through.
  static Page notFinite(PoolId pool) {
    return Status.SERVICE_UNAVAILABLE.page(
        Absence.REFUSED.word()
            + ": pool "
            + Quoted.cut(pool.toString(), 64)
            + ": the value is not a finite number; look at the pool's targets");
  }

  /// What nobody knows is not found; everything else may come back.
  private static Status code(Absence why) {
    return switch (why) {
      case UNKNOWN_POOL, UNKNOWN_SIGNAL -> Status.NOT_FOUND;
      case NO_TARGETS, NOT_YET, STALE, ABSENT, PARTIAL, REFUSED, UNREACHABLE, CONFIG ->
          Status.SERVICE_UNAVAILABLE;
    };
  }

  private static String age(@Nullable Duration age) {
    return age == null ? "" : ", last reading " + age.toSeconds() + " s ago";
  }
}
