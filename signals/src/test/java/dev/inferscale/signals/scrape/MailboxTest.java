package dev.inferscale.signals.scrape;

import static dev.inferscale.signals.ManualTime.second;
import static dev.inferscale.signals.Readings.idle;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.inferscale.signals.Pools;
import dev.inferscale.signals.pool.Target;
import dev.inferscale.signals.window.Outcome;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class MailboxTest {
  private final Mailbox mailbox = new Mailbox(1);

  private static Outcome outcome(int second) {
    return idle().read(Pools.target(Pools.pool("chat"), 0), second(second));
  }

  @Test
  void everythingIsTakenOutAtOnce() throws InterruptedException {
    Outcome outcome = outcome(1);
    mailbox.put(outcome);
    assertThat(mailbox.depth()).isEqualTo(1);

    assertThat(mailbox.take(Duration.ofSeconds(30))).containsExactly(outcome);
    assertThat(mailbox.take(Duration.ZERO)).isEmpty();
  }

  @Test
  void aFullMailboxMakesTheFetcherWaitAndLosesNothing() throws InterruptedException {
    mailbox.put(outcome(1));
    Thread fetcher =
        Thread.ofVirtual()
            .start(() -> {
              try {
                mailbox.put(outcome(2));
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    await().atMost(Duration.ofSeconds(30)).until(() -> fetcher.getState() == Thread.State.WAITING);

    int taken = mailbox.take(Duration.ZERO).size();
    fetcher.join();
    taken += mailbox.take(Duration.ZERO).size();
    assertThat(taken).isEqualTo(2);
  }

  @Test
  void demandInFrontOfAPoolEndsAPauseThatLastsOrBegins() throws InterruptedException {
    Mailbox roomy = new Mailbox(10);
    AtomicInteger pressed = new AtomicInteger();
    Thread folding =
        Thread.ofVirtual()
            .start(() -> {
              try {
                while (pressed.get() < 2 && roomy.pause(Duration.ofDays(1))) {
                  pressed.incrementAndGet();
                }
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });

    Target gateway = Pools.target(Pools.pool("chat"), 0).inFront();
    roomy.put(idle().waiting(2).read(gateway, second(1)));
    assertThat(roomy.offer(told(3))).isTrue();

    assertThat(folding.join(Duration.ofSeconds(30))).isTrue();
    assertThat(pressed).hasValue(2);
  }

  @Test
  void nothingElseEndsAPauseNorWhatWasTakenOut() throws InterruptedException {
    Mailbox roomy = new Mailbox(10);
    roomy.put(idle().waiting(2).read(Pools.target(Pools.pool("chat"), 0), second(1)));
    roomy.put(idle().read(Pools.target(Pools.pool("chat"), 1).inFront(), second(1)));
    roomy.offer(told(0));

    assertThat(roomy.pause(Duration.ofMillis(1))).isFalse();

    roomy.offer(told(1));
    assertThat(roomy.take(Duration.ZERO)).hasSize(4);
    assertThat(roomy.pause(Duration.ofMillis(1))).isFalse();
  }

  private static Outcome told(int requests) {
    return new Outcome.Told(
        Pools.pool("chat").id(), "gateway", requests, 0, Duration.ofSeconds(5), second(1));
  }
}
