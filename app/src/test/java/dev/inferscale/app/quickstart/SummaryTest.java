package dev.inferscale.app.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.snapshot.Absence;
import dev.inferscale.signals.snapshot.Answer;
import dev.inferscale.signals.snapshot.Quality;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class SummaryTest {
  private static final Answer.Value BUSY = value(7, Quality.EXACT);
  private static final Answer.Value IDLE = value(0, Quality.IDLE);
  private static final Answer.Missing NOT_YET =
      new Answer.Missing(Absence.NOT_YET, "nothing was read yet", null);
  private static final Answer.Missing ABSENT =
      new Answer.Missing(Absence.ABSENT, "the engine does not export it", null);
  private static final GentleLoad.Totals LOAD = new GentleLoad.Totals(9, 8, 1, 0, 640);
  private static final Map<String, Integer> READS =
      Map.of("observation", 200, "externalMetrics", 200);

  @Test
  void aRunInWhichEverythingFlowedHasNoFault() {
    assertThat(summary(answers(), LOAD, READS).faults()).isEmpty();
  }

  @Test
  void noTokensAreAFault() {
    assertThat(summary(answers(), new GentleLoad.Totals(9, 0, 0, 9, 0), READS).faults())
        .containsExactly("no tokens were generated: the workers answered none of 9 requests");
  }

  @Test
  void aSignalThatTheEngineExportsMustHaveAValue() {
    Map<Signal, Answer> answers = answers();
    answers.put(Signal.REQUESTS_WAITING, NOT_YET);

    assertThat(summary(answers, LOAD, READS).faults())
        .containsExactly("inference_requests_waiting should have a value: nothing was read yet");
  }

  @Test
  void anotherSignalNeedsAReasonAtLeast() {
    Map<Signal, Answer> answers = answers();
    answers.remove(Signal.REPLICAS);

    assertThat(summary(answers, LOAD, READS).faults())
        .containsExactly("inference_replicas has neither a value nor a reason");
  }

  @Test
  void bothReadsMustAnswer() {
    assertThat(
            summary(answers(), LOAD, Map.of("observation", 200, "externalMetrics", 503)).faults())
        .containsExactly("the read of externalMetrics answered status 503");
    assertThat(summary(answers(), LOAD, Map.of("observation", 0)).faults())
        .containsExactly("the read of observation answered nothing");
  }

  @Test
  void theDocumentSaysPerPoolAndSignalWhatWasSeen() {
    JsonNode document = new ObjectMapper().valueToTree(summary(answers(), LOAD, READS).document());

    assertThat(document.path("ok").asBoolean()).isTrue();
    assertThat(document.path("seconds").asDouble()).isEqualTo(12.5);
    assertThat(document.path("firstSignalSeconds").asDouble()).isEqualTo(2.5);
    assertThat(document.path("tokensGenerated").asLong()).isEqualTo(640);
    assertThat(document.path("requests").path("refused").asLong()).isEqualTo(1);
    assertThat(document.path("readsAnswered").path("externalMetrics").asInt()).isEqualTo(200);
    JsonNode pool = document.path("pools").path("default/quickstart");
    assertThat(pool.path("engine").asText()).isEqualTo("inference-worker");
    assertThat(pool.path("signals").path("inference_requests_waiting"))
        .isEqualTo(
            new ObjectMapper()
                .valueToTree(Map.of("value", 7.0, "quality", "exact", "from", List.of("series"))));
    assertThat(pool.path("signals").path("inference_replicas"))
        .isEqualTo(
            new ObjectMapper()
                .valueToTree(
                    Map.of("reason", "absent", "explanation", "the engine does not export it")));
    assertThat(document.path("faults").isEmpty()).isTrue();
  }

  @Test
  void aRunWithAFaultIsNotOk() {
    JsonNode document =
        new ObjectMapper()
            .valueToTree(summary(answers(), LOAD, Map.of("observation", 0)).document());

    assertThat(document.path("ok").asBoolean()).isFalse();
    assertThat(document.path("faults")).hasSize(1);
  }

  @Test
  void theBetterOfTwoAnswersIsAValueAndWorkBeforeIdleness() {
    Answer.Value later = value(3, Quality.ESTIMATED);

    assertThat(Summary.better(NOT_YET, BUSY)).isSameAs(BUSY);
    assertThat(Summary.better(BUSY, NOT_YET)).isSameAs(BUSY);
    assertThat(Summary.better(NOT_YET, ABSENT)).isSameAs(ABSENT);
    assertThat(Summary.better(BUSY, later)).isSameAs(later);
    assertThat(Summary.better(BUSY, IDLE)).isSameAs(BUSY);
    assertThat(Summary.better(IDLE, BUSY)).isSameAs(BUSY);
    assertThat(Summary.better(NOT_YET, IDLE)).isSameAs(IDLE);
  }

  private static Summary summary(
      Map<Signal, Answer> answers, GentleLoad.Totals load, Map<String, Integer> reads) {
    return new Summary(
        "default/quickstart",
        "inference-worker",
        Duration.ofMillis(12_500),
        Optional.of(Duration.ofMillis(2_500)),
        answers,
        Set.of(Signal.REQUESTS_WAITING),
        load,
        reads);
  }

  /// A value for what the engine exports, a reason for the rest.
  private static Map<Signal, Answer> answers() {
    Map<Signal, Answer> answers = new EnumMap<>(Signal.class);
    for (Signal signal : Signal.values()) {
      answers.put(signal, signal == Signal.REQUESTS_WAITING ? BUSY : ABSENT);
    }
    return answers;
  }

  private static Answer.Value value(double number, Quality quality) {
    return new Answer.Value(number, Duration.ZERO, null, quality, 1, 1, List.of("series"), "");
  }
}
