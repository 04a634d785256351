package dev.inferscale.signals.scrape;

import java.time.Duration;

/// Bounds on asking targets.
///
/// @param timeout the longest that one fetch may take, connecting and reading the body included; a
///   pool with a shorter interval waits only that long
/// @param maxBodyBytes of one page, before and after decompression
/// @param maxConcurrentFetches at any time, over all targets
public record ScrapeLimits(Duration timeout, int maxBodyBytes, int maxConcurrentFetches) {
  public ScrapeLimits {
    if (timeout.compareTo(Duration.ofMillis(100)) < 0
        || timeout.compareTo(Duration.ofSeconds(30)) > 0) {
      throw new IllegalArgumentException("timeout must be 100ms to 30s");
    }
    if (maxBodyBytes < 1 << 16 || maxBodyBytes > 1 << 28) {
      throw new IllegalArgumentException("maxBodyBytes must be 65536 to 268435456");
    }
    if (maxConcurrentFetches < 1 || maxConcurrentFetches > 100_000) {
      throw new IllegalArgumentException("maxConcurrentFetches must be 1 to 100000");
    }
  }

  /// 5 s, 8 MiB (25 times a large page), 1000 fetches.
  public static ScrapeLimits defaults() {
    return new ScrapeLimits(Duration.ofSeconds(5), 8 << 20, 1000);
  }
}
