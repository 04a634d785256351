package dev.inferscale.worker.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.inferscale.worker.ArithmeticBackend;
import dev.inferscale.worker.ManualTime;
import dev.inferscale.worker.backend.Batch.Sampling;
import dev.inferscale.worker.engine.Admission.Accepted;
import dev.inferscale.worker.engine.Admission.Reason;
import dev.inferscale.worker.engine.Admission.Rejected;
import dev.inferscale.worker.telemetry.Finished;
import dev.inferscale.worker.telemetry.Identity;
import dev.inferscale.worker.telemetry.Outcome;
import dev.inferscale.worker.telemetry.WorkerMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EngineTest {
  private static final int END = 2;
  private static final Duration LIMIT = Duration.ofSeconds(20);

  private final ManualTime time = new ManualTime();
  private final ArithmeticBackend backend = new ArithmeticBackend(4, 32, 100, 29);
  private final AtomicInteger failures = new AtomicInteger();
  private final Engine engine =
      Engine.start(
          backend,
          new EngineSettings(2, 3, 16, Duration.ofMinutes(1), Duration.ofMinutes(10), Set.of(END)),
          new WorkerMetrics(
              new PrometheusRegistry(), new Identity("m", "cpu", "test", 4, 128, 2, 3, 0, 5)),
          time,
          failures::incrementAndGet);

  @AfterEach
  void stop() throws InterruptedException {
    backend.open();
    engine.stop(Duration.ZERO);
  }

  @Test
  void aRequestGetsItsTokensAndOneEnd() throws Exception {
    Generation request = request(5, 8);

    Result result = read(accept(request));

    assertThat(result.tokens())
        .containsExactly(
            Arrays.stream(ArithmeticBackend.expected(request.prompt(), Sampling.GREEDY, 29, 8, END))
                .boxed()
                .toArray(Integer[]::new));
    assertThat(result.end().promptTokens()).isEqualTo(5);
  }

  @Test
  void theContextEndsAnAnswerThatAsksForMore() throws Exception {
    Result result = read(accept(ignoringEnd(90, 1000)));

    assertThat(result.end().outcome()).isEqualTo(Outcome.LENGTH);
    assertThat(result.end().generatedTokens()).isEqualTo(10);
  }

  @Test
  void aPromptThatLeavesNoRoomIsRejected() {
    Admission answer = engine.submit(request(100, 1));

    assertThat(answer)
        .isEqualTo(
            new Rejected(
                Reason.TOO_LONG,
                "the prompt has 100 tokens, but at most 99 fit with one token of output"));
  }

  @Test
  void aFullQueueRejects() {
    backend.gate();
    runTwoAndQueueThree();

    Admission answer = engine.submit(request(5, 8));

    assertThat(answer)
        .isInstanceOfSatisfying(
            Rejected.class, rejected -> assertThat(rejected.reason()).isEqualTo(Reason.QUEUE_FULL));
    assertThat(engine.load().waiting()).isEqualTo(3);
    assertThat(engine.load().waitingTokens()).isEqualTo(15);
  }

  @Test
  void aCancelledRequestGivesItsBlocksBackAfterAStep() throws Exception {
    backend.gate();
    TokenStream stream = accept(ignoringEnd(5, 90));
    await().atMost(LIMIT).until(() -> engine.load().kvUsedTokens() > 0);

    stream.cancel(Outcome.CLIENT_DISCONNECT);
    backend.allow(2);

    assertThat(read(stream).end().outcome()).isEqualTo(Outcome.CLIENT_DISCONNECT);
    await().atMost(LIMIT).until(() -> engine.load().running() == 0);
    assertThat(engine.load().kvUsedTokens()).isZero();
  }

  @Test
  void theQueueIsLeftWhenItsTimeIsOver() throws Exception {
    backend.gate();
    List<TokenStream> streams = runTwoAndQueueThree();

    time.advance(Duration.ofSeconds(61));
    assertThat(engine.load().oldestWait()).isEqualTo(Duration.ofSeconds(61));
    backend.open();

    Finished end = read(streams.get(4)).end();
    assertThat(end.outcome()).isEqualTo(Outcome.QUEUE_TIMEOUT);
    assertThat(end.queued()).isEqualTo(Duration.ofSeconds(61));
  }

  @Test
  void aRequestEndsAtItsDeadline() throws Exception {
    backend.gate();
    TokenStream stream = accept(ignoringEnd(5, 90));
    await().atMost(LIMIT).until(() -> engine.load().running() == 1);

    time.advance(Duration.ofMinutes(10));
    backend.open();

    assertThat(read(stream).end().outcome()).isEqualTo(Outcome.DEADLINE);
  }

  @Test
  void aDrainLetsAcceptedRequestsFinishAndRefusesOthers() throws Exception {
    backend.gate();
    TokenStream stream = accept(ignoringEnd(5, 20));
    Thread stopping = Thread.startVirtualThread(() -> stopQuietly(Duration.ofMinutes(1)));
    await().atMost(LIMIT).until(() -> engine.unready(LIMIT).isPresent());

    Admission late = engine.submit(request(5, 8));
    backend.open();

    assertThat(late)
        .isInstanceOfSatisfying(
            Rejected.class, rejected -> assertThat(rejected.reason()).isEqualTo(Reason.DRAINING));
    assertThat(read(stream).end().outcome()).isEqualTo(Outcome.LENGTH);
    stopping.join();
    assertThat(backend.isClosed()).isTrue();
  }

  @Test
  void whatIsLeftWhenTheDrainIsOverIsCancelled() throws Exception {
    backend.gate();
    TokenStream running = accept(ignoringEnd(5, 90));
    await().atMost(LIMIT).until(() -> engine.load().running() == 1);

    Thread stopping = Thread.startVirtualThread(() -> stopQuietly(Duration.ZERO));
    await().atMost(LIMIT).until(() -> engine.unready(LIMIT).isPresent());
    backend.allow(1);

    assertThat(read(running).end().outcome()).isEqualTo(Outcome.SHUTDOWN);
    stopping.join();
  }

  @Test
  void aBrokenBackendEndsEveryRequestAndIsTold() throws Exception {
    backend.gate();
    List<TokenStream> streams = runTwoAndQueueThree();

    backend.fail();
    backend.open();

    for (TokenStream stream : streams) {
      assertThat(read(stream).end().outcome()).isEqualTo(Outcome.INTERNAL);
    }
    await().atMost(LIMIT).until(() -> failures.get() == 1);
    assertThat(engine.unready(LIMIT)).hasValueSatisfying(why -> assertThat(why).contains("failed"));
    assertThat(engine.submit(request(5, 8)))
        .isInstanceOfSatisfying(
            Rejected.class,
            rejected -> assertThat(rejected.reason()).isEqualTo(Reason.ENGINE_FAILED));
  }

  @Test
  void aSequenceWithoutNumbersEndsAloneAndTheOthersGoOn() throws Exception {
    backend.poison(1_000);
    backend.gate();
    TokenStream poisoned =
        accept(
            new Generation(
                new int[] {1_000}, 8, Sampling.GREEDY, false, "unknown", time.instant()));
    TokenStream other = accept(ignoringEnd(5, 8));
    backend.open();

    assertThat(read(poisoned).end().outcome()).isEqualTo(Outcome.INTERNAL);
    assertThat(read(other).end().outcome()).isEqualTo(Outcome.LENGTH);
    assertThat(read(accept(ignoringEnd(5, 3))).end().outcome()).isEqualTo(Outcome.LENGTH);
    assertThat(failures).hasValue(0);
    await().atMost(LIMIT).until(() -> engine.load().kvUsedTokens() == 0);
  }

  @Test
  void aStepThatHangsShowsUntilItMovesAgain() {
    backend.gate();
    runTwoAndQueueThree();

    time.advance(Duration.ofSeconds(30));

    assertThat(engine.unready(Duration.ofSeconds(20)))
        .hasValue("the engine's step has been running for 30 s");
    assertThat(engine.stuck(Duration.ofMinutes(2))).isEmpty();
    assertThat(engine.load().oldestWait()).isEqualTo(Duration.ofSeconds(30));
    backend.open();
    await().atMost(LIMIT).until(() -> engine.unready(Duration.ofSeconds(20)).isEmpty());
  }

  @Test
  void aReaderThatDoesNotReadStopsNobody() throws Exception {
    TokenStream unread = accept(ignoringEnd(5, 90));

    Result other = read(accept(ignoringEnd(6, 40)));

    assertThat(other.tokens()).hasSize(40);
    assertThat(read(unread).tokens()).hasSize(90);
  }

  private List<TokenStream> runTwoAndQueueThree() {
    List<TokenStream> streams = new ArrayList<>();
    streams.add(accept(ignoringEnd(5, 50)));
    await().atMost(LIMIT).until(() -> engine.load().running() == 1);
    // The step with the first one hangs at the gate; the second joins after one permit.
    streams.add(accept(ignoringEnd(5, 50)));
    backend.allow(1);
    await().atMost(LIMIT).until(() -> engine.load().running() == 2);
    for (int i = 0; i < 3; i++) {
      streams.add(accept(ignoringEnd(5, 50)));
    }
    return streams;
  }

  private TokenStream accept(Generation request) {
    return ((Accepted) engine.submit(request)).stream();
  }

  private Generation request(int promptLength, int maxTokens) {
    return new Generation(
        new int[promptLength], maxTokens, Sampling.GREEDY, false, "unknown", time.instant());
  }

  private Generation ignoringEnd(int promptLength, int maxTokens) {
    return new Generation(
        new int[promptLength], maxTokens, Sampling.GREEDY, true, "unknown", time.instant());
  }

  private void stopQuietly(Duration drain) {
    try {
      engine.stop(drain);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private record Result(List<Integer> tokens, Finished end) {}

  private static Result read(TokenStream stream) throws InterruptedException {
    List<Integer> tokens = new ArrayList<>();
    while (true) {
      TokenStream.Piece piece = stream.next();
      for (int token : piece.tokens()) {
        tokens.add(token);
      }
      if (piece.end().isPresent()) {
        return new Result(tokens, piece.end().get());
      }
    }
  }
}
