package dev.inferscale.signals.scrape;

import dev.inferscale.signals.pool.ModelPool;
import dev.inferscale.signals.pool.Target;
import dev.inferscale.signals.window.Outcome;
import java.time.Instant;

/// Turns a fetched page into a reading, or says why it is none. Called by many threads at once.
@FunctionalInterface
public interface PageReader {

  /// Never throws because of what the page holds.
  ///
  /// @param pool whose `engine` and `model` say how to read
  /// @param body decompressed and within the limit
  /// @param contentType as the target sent it, empty where it sent none
  /// @param at when the page arrived; the time of the outcome
  Outcome.Asked read(ModelPool pool, Target target, byte[] body, String contentType, Instant at);
}
