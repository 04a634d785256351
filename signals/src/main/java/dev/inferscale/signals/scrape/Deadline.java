package dev.inferscale.signals.scrape;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Until when one fetch may take.
///
/// @param within how long that was when it began
/// @param end on the clock of `System.nanoTime`
record Deadline(Duration within, long end) {
  static Deadline in(Duration within) {
    return new Deadline(within, System.nanoTime() + within.toNanos());
  }

  <T> T await(CompletableFuture<T> future)
      throws ExecutionException, TimeoutException, InterruptedException {
    return future.get(end - System.nanoTime(), TimeUnit.NANOSECONDS);
  }

  long millis() {
    return within.toMillis();
  }
}
