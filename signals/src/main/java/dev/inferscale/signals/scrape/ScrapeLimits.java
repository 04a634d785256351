package dev.inferscale.signals.scrape;

import java.time.Duration;

/// Bounds on asking targets.
///
/// @param timeout the longest that one fetch may take, connecting and reading the body included; a
///   pool with a shorter interval waits only that long
/// @param maxBodyBytes of one page, before and after decompression
/// @param maxBufferedBytes memory for all pages in flight together, until they are read: each byte
///   counts twice, as it arrives and in the whole page; the first 64 KiB of each page do not count
/// @param maxConcurrentFetches at any time, over all targets
public record ScrapeLimits(
    Duration timeout, int maxBodyBytes, int maxBufferedBytes, int maxConcurrentFetches) {
  public ScrapeLimits {
    if (timeout.compareTo(Duration.ofMillis(100)) < 0
        || timeout.compareTo(Duration.ofSeconds(30)) > 0) {
      throw new IllegalArgumentException("timeout must be 100ms to 30s");
    }
    if (maxBodyBytes < 1 << 16 || maxBodyBytes > 1 << 28) {
      throw new IllegalArgumentException("maxBodyBytes must be 65536 to 268435456");
    }
    if (maxBufferedBytes < 2 * maxBodyBytes || maxBufferedBytes > 1 << 30) {
      throw new IllegalArgumentException(
          "maxBufferedBytes must be at least twice maxBodyBytes, and at most 1073741824");
    }
    if (maxConcurrentFetches < 1 || maxConcurrentFetches > 100_000) {
      throw new IllegalArgumentException("maxConcurrentFetches must be 1 to 100000");
    }
  }

  /// 5 s, 8 MiB (25 times a large page), 64 MiB (140 large pages at the same time), 1000 fetches.
  public static ScrapeLimits defaults() {
    return new ScrapeLimits(Duration.ofSeconds(5), 8 << 20, 64 << 20, 1000);
  }
}
