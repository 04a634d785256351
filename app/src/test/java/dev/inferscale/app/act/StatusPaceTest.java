package dev.inferscale.app.act;

import static dev.inferscale.app.act.Cluster.GOOD;
import static dev.inferscale.app.act.Cluster.START;
import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.signals.pool.ModelPoolStatus;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

final class StatusPaceTest {
  private final Cluster cluster = Cluster.create();

  @Test
  void whetherAPoolWorksIsWrittenAtOnceAndItsValuesAMinuteLater() {
    ModelPoolStatus idle = wanted(0, 0);
    StatusPace pace = StatusPace.of(null).written(idle, START);

    assertThat(pace.next(wanted(1, 9), START.plusSeconds(1))).isEmpty();
    assertThat(pace.next(wanted(1, 9), START.plusSeconds(60)))
        .hasValueSatisfying(next -> assertThat(next.values()).isNotEqualTo(idle.values()));
    ModelPoolStatus silent =
        Assessment.of(
                Cluster.resource(GOOD, 1),
                Cluster.create().silent(GOOD, START, 1),
                List.of(),
                START.plusSeconds(2))
            .orElseThrow();
    assertThat(pace.next(silent, START.plusSeconds(2)))
        .hasValueSatisfying(next -> assertThat(next.values()).isEqualTo(idle.values()));
  }

  @Test
  void afterAQuietMinuteLoadIsSeenAtOnce() {
    StatusPace pace = StatusPace.of(null).written(wanted(0, 0), START);

    assertThat(pace.next(wanted(120, 9), START.plusSeconds(120))).isPresent();
  }

  @Test
  void whatStandsInTheResourceIsWhereANewReplicaGoesOn() {
    ModelPoolStatus written = wanted(0, 5);

    StatusPace pace = StatusPace.of(StatusText.read(written.json()).orElseThrow());

    assertThat(pace.next(wanted(7, 5), START.plusSeconds(7))).isEmpty();
    ModelPoolStatus known = Objects.requireNonNull(pace.status());
    assertThat(known)
        .usingRecursiveComparison()
        .ignoringFields("values", "conditions")
        .isEqualTo(written);
    assertThat(known.conditions())
        .allMatch(each -> each.lastTransitionTime().equals(START.truncatedTo(ChronoUnit.SECONDS)));
  }

  @Test
  void anotherNumberInASentenceIsNoNews() {
    StatusPace pace = StatusPace.of(null).written(held(12), START);

    assertThat(pace.next(held(13), START.plus(Duration.ofMinutes(2)))).isEmpty();
  }

  private static ModelPoolStatus held(int seconds) {
    String spec = GOOD + "missing: {answer: hold, staleAfter: 10s}\n";
    Cluster held = Cluster.create();
    held.answering(spec, START, 2, 1, 0);
    return Assessment.of(
            Cluster.resource(spec, 1),
            held.silent(spec, START.plusSeconds(12), 2),
            List.of(),
            START.plusSeconds(seconds))
        .orElseThrow();
  }

  private ModelPoolStatus wanted(int second, int running) {
    return Assessment.of(
            Cluster.resource(GOOD, 1),
            cluster.answering(GOOD, START.plusSeconds(second), 1, running, 0),
            List.of(),
            START.plusSeconds(second))
        .orElseThrow();
  }
}
