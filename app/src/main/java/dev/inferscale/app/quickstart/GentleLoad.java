package dev.inferscale.app.quickstart;

import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/// A load that comes and goes in waves, so that the table moves: one thread sends
/// (`quickstart-load`), a virtual thread follows each answer. Bounded in requests outstanding; it
/// ends with [#close].
final class GentleLoad implements AutoCloseable {
  private static final int OUTSTANDING = 24;
  private static final Duration WAVE = Duration.ofSeconds(20);
  private static final double LOWEST_PER_SECOND = 2;
  private static final double HIGHEST_PER_SECOND = 20;

  private final List<URI> workers;
  private final InstantSource time;
  private final CompletionClient client = new CompletionClient();
  private final Questions questions = new Questions(20261125);
  private final ExecutorService answers = Executors.newVirtualThreadPerTaskExecutor();
  private final Semaphore outstanding = new Semaphore(OUTSTANDING);
  private final AtomicLong asked = new AtomicLong();
  private final AtomicLong answered = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();
  private final AtomicLong failed = new AtomicLong();
  private final AtomicLong tokens = new AtomicLong();
  private final Thread sender =
      Thread.ofPlatform().name("quickstart-load").daemon().unstarted(this::send);

  /// Read by the sender, written once by [#close].
  private volatile boolean ending;

  /// What was sent and what came back so far.
  record Totals(long asked, long answered, long refused, long failed, long tokens) {}

  GentleLoad(List<URI> workers, InstantSource time) {
    this.workers = List.copyOf(workers);
    this.time = time;
  }

  void start() {
    sender.start();
  }

  Totals totals() {
    return new Totals(asked.get(), answered.get(), refused.get(), failed.get(), tokens.get());
  }

  private void send() {
    long from = time.millis();
    while (!ending) {
      if (outstanding.tryAcquire()) {
        URI worker = workers.get((int) (asked.getAndIncrement() % workers.size()));
        Questions.Question question = questions.next();
        answers.execute(() -> follow(worker, question));
      }
      LockSupport.parkNanos((long) (1e9 / rate(time.millis() - from)));
    }
  }

  /// Requests per second at `millis` after the start: a sine between the lowest and the highest
  /// rate.
  private static double rate(long millis) {
    double phase = 2 * Math.PI * millis / WAVE.toMillis();
    return LOWEST_PER_SECOND + (HIGHEST_PER_SECOND - LOWEST_PER_SECOND) * (1 - Math.cos(phase)) / 2;
  }

  private void follow(URI worker, Questions.Question question) {
    try {
      switch (client.ask(worker, question, _ -> {})) {
        case CompletionClient.Outcome.Answered(long generated) -> {
          answered.incrementAndGet();
          tokens.addAndGet(generated);
        }
        case CompletionClient.Outcome.Refused _ -> refused.incrementAndGet();
        case CompletionClient.Outcome.Failed _ -> failed.incrementAndGet();
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } finally {
      outstanding.release();
    }
  }

  @Override
  public void close() {
    ending = true;
    LockSupport.unpark(sender);
    answers.shutdownNow();
    client.close();
  }
}
