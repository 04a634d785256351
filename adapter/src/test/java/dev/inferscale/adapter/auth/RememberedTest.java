package dev.inferscale.adapter.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.inferscale.adapter.auth.Remembered.Known;
import dev.inferscale.adapter.auth.Reviews.Reply;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class RememberedTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Reply<String> AWAY = new Reply.Away<>("away");

  private Instant now = Instant.parse("2027-01-02T03:04:05Z");
  private final Remembered<String, String> remembered =
      new Remembered<>(
          100,
          "yes"::equals,
          new Remembered.Lifetimes(
              Duration.ofSeconds(60),
              Duration.ofSeconds(300),
              Duration.ofSeconds(900),
              Duration.ofSeconds(10),
              Duration.ofSeconds(5)),
          () -> now);

  private Reply<String> ask(Reply<String> answer) throws InterruptedException {
    return remembered.ask("key", true, () -> answer, PATIENCE);
  }

  private static Reply<String> said(String value) {
    return new Reply.Said<>(value);
  }

  private void pass(int seconds) {
    now = now.plusSeconds(seconds);
  }

  @Test
  void aGoodAnswerIsRenewedWhileItIsUsedAndThenForgotten() throws InterruptedException {
    ask(said("yes"));
    pass(60);
    assertThat(remembered.known("key")).contains(new Known<>("yes", false));
    pass(1);
    assertThat(remembered.known("key")).contains(new Known<>("yes", true));
    assertThat(remembered.known("key")).as("one is told").contains(new Known<>("yes", false));
    pass(6);
    assertThat(remembered.known("key")).as("it failed").contains(new Known<>("yes", true));
    pass(234);
    assertThat(remembered.known("key")).isEmpty();
    assertThat(remembered.wasGood("key")).isTrue();
  }

  @Test
  void aBadAnswerLivesShortlyAndReplacesAGoodOneAtOnce() throws InterruptedException {
    ask(said("yes"));
    ask(said("no"));
    assertThat(remembered.known("key")).contains(new Known<>("no", false));
    pass(11);
    assertThat(remembered.known("key")).isEmpty();
    assertThat(remembered.wasGood("key")).isFalse();
    assertThat(ask(AWAY)).as("a bad answer bridges nothing").isEqualTo(AWAY);
  }

  @Test
  void whileNobodyAnswersAGoodAnswerHoldsWithinItsLimit() throws InterruptedException {
    ask(said("yes"));
    pass(301);
    assertThat(ask(AWAY)).isEqualTo(said("yes"));
    assertThat(remembered.known("key")).as("nobody asks for a while").isPresent();
    pass(5);
    assertThat(remembered.known("key")).isEmpty();
    pass(594);
    assertThat(ask(AWAY)).isEqualTo(said("yes"));
    pass(1);
    assertThat(remembered.known("key")).isEmpty();
    assertThat(ask(AWAY)).isEqualTo(AWAY);
  }

  @Test
  void whereOurOwnRightsAreGoneNothingHolds() throws InterruptedException {
    ask(said("yes"));
    pass(301);
    Reply<String> faulty = new Reply.Faulty<>("403");

    assertThat(ask(faulty)).isEqualTo(faulty);
  }

  @Test
  void aQuestionThatIsNotKeptIsAskedAgain() throws InterruptedException {
    assertThat(remembered.ask("key", false, () -> said("yes"), PATIENCE)).isEqualTo(said("yes"));
    assertThat(remembered.known("key")).isEmpty();
  }

  @Test
  void howeverManyAskAtOnceItIsAskedOnce() throws Exception {
    CountDownLatch answered = new CountDownLatch(1);
    AtomicInteger asked = new AtomicInteger();
    AtomicInteger begun = new AtomicInteger();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Reply<String>>> replies = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        replies.add(
            threads.submit(() -> {
              begun.incrementAndGet();
              return remembered.ask(
                  "key",
                  false,
                  () -> {
                    asked.incrementAndGet();
                    answered.await();
                    return said("yes");
                  },
                  PATIENCE);
            }));
      }
      await().atMost(PATIENCE).until(() -> begun.get() == 50 && asked.get() == 1);
      answered.countDown();
      for (Future<Reply<String>> reply : replies) {
        assertThat(reply.get()).isEqualTo(said("yes"));
      }
    }
    // Who came when the answer was already given asked anew, and nobody else.
    assertThat(asked.get()).isLessThan(50);
  }

  @Test
  void whoWaitsForAnotherGivesUpInTime() throws Exception {
    CountDownLatch answered = new CountDownLatch(1);
    CountDownLatch asking = new CountDownLatch(1);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<Reply<String>> first =
          threads.submit(() ->
              remembered.ask(
                  "key",
                  true,
                  () -> {
                    asking.countDown();
                    answered.await();
                    return said("yes");
                  },
                  PATIENCE));
      asking.await();

      assertThat(remembered.ask("key", true, () -> said("no"), Duration.ofMillis(1)))
          .isInstanceOf(Reply.Away.class);
      answered.countDown();
      assertThat(first.get()).isEqualTo(said("yes"));
    }
  }
}
