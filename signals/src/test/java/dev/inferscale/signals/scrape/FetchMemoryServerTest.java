package dev.inferscale.signals.scrape;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.inferscale.signals.FakeEngine;
import dev.inferscale.signals.ManualTime;
import dev.inferscale.signals.window.FetchFault;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FetchMemoryServerTest {
  private static final int MOST_BODY = 1 << 20;
  private static final int MOST = 2 * MOST_BODY;
  private static final int SERVERS = 24;
  private static final Duration LONG = Duration.ofSeconds(60);

  private final List<FakeEngine> engines =
      IntStream.range(0, SERVERS).mapToObj(_ -> new FakeEngine()).toList();
  private final ByteBudget budget = new ByteBudget(MOST);
  private final Fetch fetch = new Fetch(MOST_BODY, budget, new ManualTime());
  private final ExecutorService askers = Executors.newVirtualThreadPerTaskExecutor();

  @AfterEach
  void close() {
    askers.shutdownNow();
    fetch.close();
    engines.forEach(FakeEngine::close);
  }

  private static byte[] lines(int bytes) {
    return "up 1\n".repeat(bytes / 5).getBytes(StandardCharsets.UTF_8);
  }

  /// What came of one fetch: the page's length, or the fault.
  private String length(FakeEngine engine, Duration within) throws InterruptedException {
    try (Fetch.Page page = fetch.get(engine.uri("/metrics"), within)) {
      return String.valueOf(page.body().length);
    } catch (FetchException e) {
      assertThat(e.detail()).hasSizeLessThan(128);
      return e.fault().word();
    }
  }

  private List<Future<String>> askAll(Duration within) {
    List<Future<String>> answers = new ArrayList<>();
    engines.forEach(engine -> answers.add(askers.submit(() -> length(engine, within))));
    return answers;
  }

  @Test
  void manyLargePagesTakeTurnsWithinTheBudget() throws Exception {
    byte[] page = lines(300_000);
    engines.forEach(engine -> engine.page("/metrics", new String(page, StandardCharsets.UTF_8)));
    long least = MOST;

    List<Future<String>> answers = askAll(LONG);
    while (!answers.stream().allMatch(Future::isDone)) {
      least = Math.min(least, budget.free());
      Thread.onSpinWait();
    }

    assertThat(answers).extracting(Future::resultNow).containsOnly("" + page.length);
    assertThat(least).isBetween(0L, MOST - 1L);
    assertThat(budget.free()).isEqualTo(MOST);
  }

  @Test
  void largePagesOfUnknownLengthTakeTurnsToo() throws Exception {
    engines.forEach(engine -> engine.flood("/metrics", 5 << 16));

    List<Future<String>> answers = askAll(LONG);
    for (Future<String> answer : answers) {
      assertThat(answer.get()).isIn("" + (5 << 16), "no_memory");
    }
    // Where all wait for each other the largest is given up, so that some of them are read.
    assertThat(answers).extracting(Future::resultNow).contains("" + (5 << 16));
    assertThat(budget.free()).isEqualTo(MOST);
  }

  @Test
  void aSmallPageIsReadWhileOthersHoldEverything() throws Exception {
    try (ByteBudget.Share hog = budget.open()) {
      hog.reach(MOST).join();
      byte[] small = lines(65_000);
      engines.get(0).page("/metrics", new String(small, StandardCharsets.UTF_8));
      engines.get(1).gzip("/metrics", FakeEngine.compressed(small));

      assertThat(length(engines.get(0), LONG)).isEqualTo("" + small.length);
      assertThat(length(engines.get(1), LONG)).isEqualTo("" + small.length);
    }
  }

  @Test
  void aLargePageThatWaitsInVainSaysWhatWasUsedUp() throws Exception {
    try (ByteBudget.Share hog = budget.open()) {
      hog.reach(MOST).join();
      engines.get(0).flood("/metrics", 400_000);
      engines.get(1).gzip("/metrics", FakeEngine.compressed(lines(400_000)));

      for (FakeEngine engine : engines.subList(0, 2)) {
        FetchException failure =
            catchThrowableOfType(
                FetchException.class,
                () -> fetch.get(engine.uri("/metrics"), Duration.ofMillis(300)));
        assertThat(failure.fault()).isEqualTo(FetchFault.NO_MEMORY);
        assertThat(failure.detail()).contains("maxBufferedBytes").contains("300 ms");
      }
    }
    assertThat(budget.free()).isEqualTo(MOST);
  }

  @Test
  void aSlowHugePageKeepsOthersOutNoLongerThanItsDeadline() throws Exception {
    int most = MOST_BODY - (1 << 16);
    engines.get(0).hangAfter("/metrics", most);
    engines.get(1).hangAfter("/metrics", most);
    String page = new String(lines(700_000), StandardCharsets.UTF_8);
    engines.get(2).page("/metrics", page);
    Future<String> slow = askers.submit(() -> length(engines.get(0), Duration.ofSeconds(2)));
    await().until(() -> budget.free() < MOST / 2);
    Future<String> waiting = askers.submit(() -> length(engines.get(2), LONG));

    assertThat(slow.get()).isEqualTo("timed_out");
    assertThat(waiting.get()).isEqualTo("" + page.length());
  }

  @Test
  void anyMixOfOutcomesGivesAllBytesBack() throws Exception {
    Random random = new Random(7);
    for (int round = 0; round < 5; round++) {
      engines.forEach(engine -> play(engine, random));
      List<Future<String>> answers = askAll(Duration.ofMillis(700));
      for (Future<String> answer : answers) {
        answer.get();
      }

      await().until(() -> budget.free() == MOST);
    }
  }

  private static void play(FakeEngine engine, Random random) {
    int bytes = 1 + random.nextInt(MOST_BODY);
    String page = new String(lines(bytes), StandardCharsets.UTF_8);
    switch (random.nextInt(9)) {
      case 0 -> engine.page("/metrics", page);
      case 1 -> engine.gzip("/metrics", FakeEngine.compressed(lines(bytes)));
      case 2 -> engine.gzip("/metrics", FakeEngine.compressed(new byte[8 * MOST_BODY]));
      case 3 -> engine.flood("/metrics", bytes);
      case 4 -> engine.flood("/metrics", 3L * MOST_BODY);
      case 5 -> engine.hangAfter("/metrics", bytes);
      case 6 -> engine.status("/metrics", 503);
      case 7 -> engine.gzip("/metrics", lines(bytes));
      default -> engine.redirect("/metrics", "/metrics");
    }
  }

  @Test
  void anInterruptedAskerGivesItsBytesBack() throws Exception {
    engines.get(0).hangAfter("/metrics", MOST_BODY / 2);
    CountDownLatch ended = new CountDownLatch(1);
    Thread asker =
        Thread.ofVirtual()
            .start(() -> {
              try {
                length(engines.get(0), LONG);
              } catch (InterruptedException e) {
                ended.countDown();
              }
            });
    await().until(() -> budget.free() < MOST);

    asker.interrupt();
    ended.await();
    assertThat(budget.free()).isEqualTo(MOST);
  }
}
