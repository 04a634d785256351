package dev.inferscale.signals.scrape;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;

/// Fetches a single page by the rules of the plane, for a person who wants to see what it would
/// get.
public final class PageFetch {
  private PageFetch() {}

  /// The page, decompressed.
  ///
  /// @throws IOException when there is none; the message is the reason, as the plane gives it
  public static byte[] get(URI page, Duration within) throws IOException, InterruptedException {
    ScrapeLimits limits = ScrapeLimits.defaults();
    try (Fetch fetch =
            new Fetch(
                limits.maxBodyBytes(),
                new ByteBudget(limits.maxBufferedBytes()),
                InstantSource.system());
        Fetch.Page got = fetch.get(page, within)) {
      return got.body();
    }
  }
}
