package dev.inferscale.app.act;

import dev.inferscale.signals.pool.ModelPoolStatus;
import dev.inferscale.signals.pool.ModelPoolStatus.Condition;
import dev.inferscale.signals.pool.ModelPoolStatus.Condition.Truth;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Something about a pool that its users should hear of.
///
/// @param isWarning something is wrong, or merely told
/// @param reason one word
/// @param note one line of at most 1 kB
record Happening(boolean isWarning, String reason, String note) {
  private static final int MOST_BYTES = 1000;

  Happening {
    note = line(note);
  }

  /// What has happened from one assessment to the next. Where there was none before, only what a
  /// person has to mend.
  static List<Happening> between(@Nullable ModelPoolStatus before, ModelPoolStatus now) {
    List<Happening> all = new ArrayList<>();
    for (Condition condition : now.conditions()) {
      Condition was =
          before == null ? null : StatusPace.find(before, condition.type()).orElse(null);
      if (isNewBadSpec(before, was, condition)) {
        all.add(new Happening(true, Assessment.BAD_SPEC, condition.message()));
      } else if (was != null && was.status() != condition.status()) {
        add(condition, now, all);
      }
    }
    return all;
  }

  /// A newer text that is bad again is news, too.
  private static boolean isNewBadSpec(
      @Nullable ModelPoolStatus before, @Nullable Condition was, Condition condition) {
    boolean same =
        before != null
            && was != null
            && was.reason().equals(Assessment.BAD_SPEC)
            && was.message().equals(condition.message());
    return condition.reason().equals(Assessment.BAD_SPEC) && !same;
  }

  private static void add(Condition condition, ModelPoolStatus now, List<Happening> all) {
    boolean holds = condition.status() == Truth.TRUE;
    String why = condition.reason() + ": " + condition.message();
    boolean served = StatusPace.readiness(now).filter(r -> r.status() == Truth.TRUE).isPresent();
    if (condition.type() == Condition.Type.READY) {
      all.add(
          holds
              ? new Happening(false, "Ready", condition.message())
              : new Happening(true, "NotReady", why));
    } else if (holds) {
      all.add(new Happening(true, "Degraded", why));
    } else if (served) {
      all.add(new Happening(false, "Recovered", "what is served is as it should be again"));
    }
  }

  /// Without control and format characters, which a terminal would obey.
  private static String line(String text) {
    String line = text.replaceAll("\\p{C}+", " ").strip();
    while (line.getBytes(StandardCharsets.UTF_8).length > MOST_BYTES) {
      int end = line.offsetByCodePoints(line.length(), -1);
      line = line.substring(0, Math.min(end, MOST_BYTES));
    }
    return line;
  }
}
