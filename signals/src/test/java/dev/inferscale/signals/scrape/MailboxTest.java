package dev.inferscale.signals.scrape;

import static dev.inferscale.signals.ManualTime.second;
import static dev.inferscale.signals.Readings.idle;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.inferscale.signals.Pools;
import dev.inferscale.signals.window.Outcome;
import java.time.Duration;
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
}
