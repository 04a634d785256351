package dev.inferscale.e2e.bed;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/// One read of a page after the other, a hundred a second at most, until [#end]; none is tried
/// twice.
final class CalmReads {
  private static final long PAUSE_MILLIS = 10;

  private final HttpClient client;
  private final HttpRequest request;
  private final String expected;
  private final List<Failure> failures = new ArrayList<>();
  private final Thread thread;
  private final AtomicInteger good = new AtomicInteger();
  private volatile boolean ending;

  /// A read that did not bring what was expected.
  ///
  /// @param begun when, as `System.nanoTime`
  record Failure(long begun, String why) {}

  /// @param reads all that ended
  /// @param failures those that were not right
  record Outcome(int reads, List<Failure> failures) {}

  /// Begins at once.
  ///
  /// @param expected what the body of every answer holds
  CalmReads(HttpClient client, HttpRequest request, String expected) {
    this.client = client;
    this.request = request;
    this.expected = expected;
    this.thread = Thread.ofPlatform().daemon().name("calm-reads").start(this::read);
  }

  private void read() {
    try {
      while (!ending) {
        long begun = System.nanoTime();
        String answer = answer();
        if (answer.contains(expected)) {
          good.incrementAndGet();
        } else {
          failures.add(new Failure(begun, answer));
        }
        TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private String answer() throws InterruptedException {
    try {
      HttpResponse<String> answer = client.send(request, BodyHandlers.ofString());
      return answer.statusCode() + " " + answer.body();
    } catch (IOException e) {
      return e.toString();
    }
  }

  /// How many have been right so far.
  int good() {
    return good.get();
  }

  /// Begins no more, and gives what came of all.
  Outcome end() throws InterruptedException {
    ending = true;
    thread.join();
    return new Outcome(good.get() + failures.size(), List.copyOf(failures));
  }
}
