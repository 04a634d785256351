package dev.inferscale.adapter.metricsapi;

import dev.inferscale.adapter.metricsapi.Finding.Refusal;
import dev.inferscale.adapter.wire.Quoted;
import dev.inferscale.signals.snapshot.Absence;
import dev.inferscale.signals.snapshot.Answer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// What is told where an answer is missing: the reason, whose it is, the age, and what to do, in
/// the one line that reaches the HPA's event.
final class Missed {
  private Missed() {}

  /// @param whose such as `pool serving/chat-8b`
  static Refusal of(String whose, Answer.Missing missing) {
    return new Refusal(
        status(missing.why()),
        missing.why().word()
            + ": "
            + Quoted.cut(whose, 69)
            + age(missing.age())
            + ": "
            + missing.explanation());
  }

  /// What nobody knows is not found; everything else may come back.
  private static Status status(Absence why) {
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
