package dev.inferscale.e2e.bed;

import dev.inferscale.e2e.Started;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.Phaser;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// A hundred reads of one page a second, whatever becomes of them, until [#end]; none is tried
/// twice.
final class SteadyReads {
  static final int PER_SECOND = 100;

  private static final Duration LONGEST = Duration.ofSeconds(10);

  /// More than any test needs: a test that hangs does not read for ever.
  private static final int MOST = 20_000;

  private final HttpClient client;
  private final HttpRequest request;
  private final String expected;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().factory());
  private final ConcurrentLinkedQueue<Failure> failures = new ConcurrentLinkedQueue<>();
  private final AtomicInteger begun = new AtomicInteger();
  private final AtomicInteger good = new AtomicInteger();
  private final Phaser open = new Phaser(1);

  /// A read that did not bring what was expected.
  ///
  /// @param begun when, as `System.nanoTime`
  /// @param ended when
  record Failure(long begun, long ended, String why) {}

  /// @param reads those that were right
  /// @param failures the others
  record Outcome(int reads, List<Failure> failures) {}

  private SteadyReads(HttpClient client, URI page, String expected, String... headers) {
    this.client = client;
    HttpRequest.Builder builder = HttpRequest.newBuilder(page).timeout(LONGEST);
    if (headers.length > 0) {
      builder.headers(headers);
    }
    this.request = builder.build();
    this.expected = expected;
  }

  /// @param expected what the body of every answer holds
  /// @param headers names and values
  static SteadyReads start(HttpClient client, URI page, String expected, String... headers) {
    SteadyReads reads = new SteadyReads(client, page, expected, headers);
    var _ =
        reads.timer.scheduleAtFixedRate(
            reads::read, 0, TimeUnit.SECONDS.toNanos(1) / PER_SECOND, TimeUnit.NANOSECONDS);
    return reads;
  }

  private void read() {
    if (begun.incrementAndGet() > MOST) {
      return;
    }
    open.register();
    long start = System.nanoTime();
    var _ =
        client
            .sendAsync(request, BodyHandlers.ofString())
            .whenComplete((answer, failure) -> {
              judge(start, answer, failure);
              open.arriveAndDeregister();
            });
  }

  private void judge(
      long start, @Nullable HttpResponse<String> answer, @Nullable Throwable failure) {
    if (answer != null && answer.statusCode() == 200 && answer.body().contains(expected)) {
      good.incrementAndGet();
      return;
    }
    String why =
        answer == null ? String.valueOf(failure) : answer.statusCode() + " " + answer.body();
    failures.add(
        new Failure(start, System.nanoTime(), why.substring(0, Math.min(300, why.length()))));
  }

  /// How many have been right so far.
  int good() {
    return good.get();
  }

  /// The failures so far that ended after the one instant and had begun by the other, both of
  /// `System.nanoTime`.
  List<Failure> failures(long after, long until) {
    return failures.stream()
        .filter(each -> each.ended() - after >= 0 && each.begun() - until <= 0)
        .toList();
  }

  /// Begins no more, waits for those that are under way, and gives what came of all.
  Outcome end() throws Exception {
    timer.shutdown();
    timer.awaitTermination(Started.LIMIT.toSeconds(), TimeUnit.SECONDS);
    int phase = open.arrive();
    open.awaitAdvanceInterruptibly(phase, Started.LIMIT.toSeconds(), TimeUnit.SECONDS);
    return new Outcome(good.get(), List.copyOf(failures));
  }
}
