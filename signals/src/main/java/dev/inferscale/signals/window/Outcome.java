package dev.inferscale.signals.window;

import dev.inferscale.signals.pool.PoolId;
import dev.inferscale.signals.pool.Target;
import dev.inferscale.signals.profile.Reading;
import java.time.Duration;
import java.time.Instant;

/// What came in about one pool.
public sealed interface Outcome {

  /// The pool that it is about.
  PoolId pool();

  /// When it came, or was given up, from the injected clock.
  Instant at();

  /// Whether it speaks of demand that is held back in front of the pool: a pool without a replica
  /// waits for that word, so that it is folded at once.
  default boolean isPressing() {
    return false;
  }

  /// What came of asking one target once.
  sealed interface Asked extends Outcome {
    Target target();

    @Override
    default PoolId pool() {
      return target().pool();
    }
  }

  /// A reading.
  ///
  /// @param defects how many lines of the page could not be used
  record Read(Reading reading, int defects) implements Asked {
    @Override
    public Target target() {
      return reading.target();
    }

    @Override
    public Instant at() {
      return reading.at();
    }

    @Override
    public boolean isPressing() {
      return target().front() && reading.gauge(Reading.Gauge.REQUESTS_WAITING) > 0;
    }
  }

  /// No reading.
  ///
  /// @param detail one short sentence for people, without secrets and never quoting a body
  record Failed(Target target, FetchFault fault, String detail, Instant at) implements Asked {}

  /// What somebody in front of the pool says that it holds back, unasked.
  ///
  /// @param teller tells several of them apart
  /// @param requests waiting there, at least 0
  /// @param tokens of theirs, at least 0; NaN where that is not known
  /// @param oldestSeconds how long the first of them had waited then; NaN where that is not known
  /// @param validFor how long that may be believed
  record Told(
      PoolId pool,
      String teller,
      double requests,
      double tokens,
      double oldestSeconds,
      Duration validFor,
      Instant at)
      implements Outcome {

    /// Of requests whose age is not known.
    public Told(
        PoolId pool, String teller, double requests, double tokens, Duration validFor, Instant at) {
      this(pool, teller, requests, tokens, Double.NaN, validFor, at);
    }

    /// What the page of somebody in front of the pool says, as if it had been told.
    ///
    /// @param validFor as above
    public static Told by(Reading page, Duration validFor) {
      return new Told(
          page.target().pool(),
          page.target().name(),
          page.gauge(Reading.Gauge.REQUESTS_WAITING),
          page.gauge(Reading.Gauge.TOKENS_WAITING),
          page.gauge(Reading.Gauge.QUEUE_OLDEST_SECONDS),
          validFor,
          page.at());
    }

    @Override
    public boolean isPressing() {
      return requests > 0;
    }

    /// The last instant at which it is believed.
    public Instant until() {
      return at.plus(validFor);
    }
  }
}
