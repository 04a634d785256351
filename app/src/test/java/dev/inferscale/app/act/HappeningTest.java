package dev.inferscale.app.act;

import static dev.inferscale.app.act.Cluster.GOOD;
import static dev.inferscale.app.act.Cluster.START;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.signals.pool.ModelPoolStatus;
import dev.inferscale.signals.snapshot.Snapshot;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class HappeningTest {
  private static final String BAD = GOOD + "trafic: steady\n";

  private final ModelPoolStatus good =
      assessed(GOOD, Cluster.create().answering(GOOD, START, 2, 0, 0));
  private final ModelPoolStatus silent = assessed(GOOD, Cluster.create().silent(GOOD, START, 2));
  private final ModelPoolStatus refused =
      assessed(BAD, Cluster.create().answering(GOOD, START, 2, 0, 0));

  @Test
  void aPoolThatStopsAndBeginsToWorkIsTold() {
    assertThat(told(good, silent))
        .containsExactly("! NotReady Unreachable: chat-0: connection refused");
    assertThat(told(silent, good)).containsExactly("Ready 2 of 2 targets answer");
    assertThat(told(good, good)).isEmpty();
  }

  @Test
  void aBadSpecIsToldOnceAndItsMending() {
    assertThat(told(good, refused))
        .singleElement()
        .asString()
        .startsWith("! BadSpec spec.trafic: ");
    assertThat(told(refused, refused)).isEmpty();
    assertThat(told(refused, good)).singleElement().asString().startsWith("Recovered ");
  }

  @Test
  void ofAPoolThatIsNewOnlyABadSpecIsTold() {
    assertThat(told(null, good)).isEmpty();
    assertThat(told(null, silent)).isEmpty();
    assertThat(told(null, refused)).hasSize(1);
  }

  @Test
  void aNoteIsOneShortLineWhateverAPodSays() {
    Happening happening =
        new Happening(true, "NotReady", "a\u001b[31m\nb\u202ec" + "é".repeat(2000));

    assertThat(happening.note()).startsWith("a [31m b cé").doesNotContain("\n", "\u001b", "\u202e");
    assertThat(happening.note().getBytes(UTF_8)).hasSizeBetween(990, 1000);
  }

  private static List<String> told(@Nullable ModelPoolStatus before, ModelPoolStatus now) {
    return Happening.between(before, now).stream()
        .map(each -> (each.isWarning() ? "! " : "") + each.reason() + " " + each.note())
        .toList();
  }

  private static ModelPoolStatus assessed(String spec, Snapshot snapshot) {
    return Assessment.of(Cluster.resource(spec, 1), snapshot, List.of(), START).orElseThrow();
  }
}
