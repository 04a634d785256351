package dev.inferscale.app.act;

import static dev.inferscale.app.act.Cluster.GOOD;
import static dev.inferscale.app.act.Cluster.START;
import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.signals.pool.ModelPoolStatus;
import dev.inferscale.signals.pool.ModelPoolStatus.Condition;
import dev.inferscale.signals.pool.ModelPoolStatus.Condition.Truth;
import dev.inferscale.signals.pool.ModelPoolStatus.Replicas;
import dev.inferscale.signals.pool.ModelPoolStatus.Targets;
import dev.inferscale.signals.pool.ModelPoolStatus.Value;
import dev.inferscale.signals.pool.RejectedPool;
import dev.inferscale.signals.snapshot.Snapshot;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class AssessmentTest {
  private static final String BAD = GOOD + "interval: 90s\ntrafic: steady\n";
  private static final String HOLDING = GOOD + "missing: {answer: hold, staleAfter: 10s}\n";

  private final Cluster cluster = Cluster.create();

  @Test
  void aPoolThatAnswersIsReadyWithItsNumbers() {
    Snapshot snapshot = cluster.answering(GOOD, START, 3, 4, 1);

    ModelPoolStatus status = assessed(GOOD, 7, snapshot, Duration.ZERO);

    assertThat(status.observedGeneration()).isEqualTo(7);
    assertThat(told(status, Condition.Type.READY)).isEqualTo("TRUE Serving: 3 of 3 targets answer");
    assertThat(told(status, Condition.Type.DEGRADED)).isEqualTo("FALSE AsExpected: ");
    assertThat(status.targets()).isEqualTo(new Targets(3, 3));
    assertThat(status.replicas()).isEqualTo(new Replicas(3, 3, 0));
    assertThat(status.engine()).isEqualTo("vllm");
    assertThat(status.profile()).isEqualTo("vllm");
    assertThat(status.values())
        .contains(
            new Value(
                "inference_requests_running", 12, "exact", START.minus(Duration.ofMillis(100))));
  }

  @Test
  void aPoolWhosePagesAnybodyMayForgeIsReadyAndSaysSo() {
    String forgeable =
        GOOD.replace("[8000]", "[8000], scheme: https, tls: {insecureSkipVerify: true}");

    ModelPoolStatus status =
        assessed(forgeable, 1, cluster.answering(forgeable, START, 2, 1, 0), Duration.ZERO);

    assertThat(told(status, Condition.Type.READY))
        .startsWith("TRUE Serving: 2 of 2 targets answer; warning: source.pods.tls.insecure");
    assertThat(told(status, Condition.Type.DEGRADED)).startsWith("FALSE ");
  }

  @Test
  void aPoolThatMayGoToZeroAndNamesNobodyInFrontSaysSo() {
    String toZero = GOOD + "capacity: {minReplicas: 0}\n";
    String warning = "; warning: front: is not named, and nobody has told of demand";

    ModelPoolStatus up =
        assessed(toZero, 1, cluster.answering(toZero, START, 2, 1, 0), Duration.ZERO);
    assertThat(told(up, Condition.Type.READY))
        .startsWith("TRUE Serving: 2 of 2 targets answer" + warning);
    ModelPoolStatus none =
        assessed(toZero, 1, Cluster.create().unasked(toZero, START, 0), Duration.ZERO);
    assertThat(told(none, Condition.Type.READY)).startsWith("FALSE NoTargets: ").contains(warning);
  }

  @Test
  void whatIsWrongWithItsScalersIsSaidWhetherOrNotItServes() {
    List<String> warnings = List.of("scaledobject/serving/chat: signal is 'x'");
    for (Snapshot snapshot :
        List.of(cluster.answering(GOOD, START, 2, 1, 0), cluster.unasked(GOOD, START, 0))) {
      ModelPoolStatus status =
          Assessment.of(Cluster.resource(GOOD, 1), snapshot, warnings, START).orElseThrow();

      assertThat(told(status, Condition.Type.READY))
          .endsWith("; warning: scaledobject/serving/chat: signal is 'x'");
    }
  }

  @Test
  void theReasonIsTheAnswersOwn() {
    assertThat(
            told(
                assessed(GOOD, 1, cluster.unasked(GOOD, START, 0), Duration.ZERO),
                Condition.Type.READY))
        .startsWith("FALSE NoTargets: ");
    assertThat(
            told(
                assessed(GOOD, 1, cluster.unasked(GOOD, START, 2), Duration.ZERO),
                Condition.Type.READY))
        .startsWith("FALSE NotYet: no target has answered yet");
    ModelPoolStatus silent =
        assessed(GOOD, 1, Cluster.create().silent(GOOD, START, 2), Duration.ZERO);
    assertThat(told(silent, Condition.Type.READY))
        .isEqualTo("FALSE Unreachable: chat-0: connection refused");
    assertThat(told(silent, Condition.Type.DEGRADED)).startsWith("FALSE NotServed");
    assertThat(silent.targets()).isEqualTo(new Targets(0, 2));
  }

  @Test
  void aReadingThatGrowsOldMakesThePoolStaleThoughNobodyFolds() {
    Snapshot snapshot = cluster.answering(GOOD, START, 2, 1, 0);

    assertThat(told(assessed(GOOD, 1, snapshot, Duration.ofSeconds(11)), Condition.Type.READY))
        .startsWith("FALSE Stale: ");
  }

  @Test
  void partOfThePoolIsServedButNotReady() {
    Snapshot snapshot =
        cluster.withOnlyOneAnswering(GOOD + "missing: {minCoverage: 0.6}\n", START, 2);

    ModelPoolStatus status =
        assessed(GOOD + "missing: {minCoverage: 0.6}\n", 1, snapshot, Duration.ZERO);

    assertThat(told(status, Condition.Type.READY))
        .startsWith("FALSE Partial: scaled up from 1 of 2");
    assertThat(told(status, Condition.Type.DEGRADED))
        .startsWith("TRUE Partial: scaled up from 1 of 2");
    assertThat(status.targets()).isEqualTo(new Targets(1, 2));
  }

  @Test
  void whatIsHeldIsServedButNotReady() {
    cluster.answering(HOLDING, START, 2, 1, 0);
    Snapshot silent = cluster.silent(HOLDING, START.plusSeconds(12), 2);

    ModelPoolStatus status = assessed(HOLDING, 1, silent, Duration.ofSeconds(12));

    assertThat(told(status, Condition.Type.READY)).startsWith("FALSE Unreachable: held for 12 s");
    assertThat(told(status, Condition.Type.DEGRADED)).startsWith("TRUE Held: held for 12 s");
  }

  @Test
  void aSpecThatIsRefusedGetsAllItsSentences() {
    ModelPoolStatus status = assessed(BAD, 3, Cluster.empty(START), Duration.ZERO);

    assertThat(status.observedGeneration()).isEqualTo(3);
    assertThat(told(status, Condition.Type.READY))
        .startsWith("FALSE BadSpec: ")
        .contains("spec.interval: ", "; ", "spec.trafic: ");
    assertThat(status.targets()).isEqualTo(new Targets(0, 0));
  }

  @Test
  void aPoolIsReadyWithItsLastGoodSpecAndSaysWhatIsWrongWithTheNewOne() {
    Snapshot snapshot =
        cluster
            .answering(GOOD, START, 2, 1, 0)
            .rejecting(
                List.of(
                    new RejectedPool(
                        "ModelPool serving/chat", "serving/chat", List.of("x"), true)));

    ModelPoolStatus status = assessed(BAD, 2, snapshot, Duration.ZERO);

    assertThat(told(status, Condition.Type.READY)).startsWith("TRUE Serving");
    assertThat(told(status, Condition.Type.DEGRADED)).startsWith("TRUE BadSpec: spec.");
    assertThat(status.observedGeneration()).isEqualTo(2);
  }

  @Test
  void nothingIsSaidOfASpecThatIsNotMeasuredYet() {
    Snapshot older = cluster.answering(GOOD, START, 2, 1, 0);

    assertThat(Assessment.of(Cluster.resource(GOOD + "interval: 5s\n", 2), older, List.of(), START))
        .isEmpty();
    assertThat(Assessment.of(Cluster.resource(GOOD, 1), Cluster.empty(START), List.of(), START))
        .isEmpty();
  }

  @Test
  void aRefusalOfAGoodTextCountsOnceItCannotBeAboutTheOneBefore() {
    Snapshot snapshot =
        cluster
            .answering(GOOD, START, 2, 1, 0)
            .rejecting(
                List.of(
                    new RejectedPool(
                        "ModelPool serving/chat", "serving/chat", List.of("is taken"), true)));

    assertThat(told(assessed(GOOD, 1, snapshot, Duration.ofSeconds(1)), Condition.Type.DEGRADED))
        .startsWith("FALSE");
    assertThat(told(assessed(GOOD, 1, snapshot, Duration.ofSeconds(4)), Condition.Type.DEGRADED))
        .isEqualTo("TRUE BadSpec: is taken");
  }

  @ParameterizedTest
  @CsvSource({"12345, 12300", "0.123456, 0.123", "0, 0", "1, 1", "99951, 100000", "2.5e-9, 2.5e-9"})
  void valuesHaveThreeDigits(double number, double shown) {
    assertThat(Assessment.rounded(number)).isEqualTo(shown);
  }

  private static ModelPoolStatus assessed(
      String spec, long generation, Snapshot snapshot, Duration later) {
    return Assessment.of(Cluster.resource(spec, generation), snapshot, List.of(), START.plus(later))
        .orElseThrow();
  }

  private static String told(ModelPoolStatus status, Condition.Type type) {
    Condition condition = StatusPace.find(status, type).orElseThrow();
    assertThat(condition.status()).isIn(Truth.TRUE, Truth.FALSE);
    assertThat(condition.reason()).matches("[A-Za-z][A-Za-z0-9_]*");
    return condition.status() + " " + condition.reason() + ": " + condition.message();
  }
}
