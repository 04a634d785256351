package dev.inferscale.signals.window;

import dev.inferscale.signals.profile.Reading;
import dev.inferscale.signals.profile.Reading.Counter;
import dev.inferscale.signals.profile.Reading.Distribution;
import dev.inferscale.signals.profile.Reading.Gauge;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// What one target's window says at its latest reading. Immutable; arrays are never written after
/// construction.
public final class Measured {
  private final Reading reading;
  private final double[] rates;
  private final @Nullable BucketIncrease[] increases;
  private final Instant since;
  private final @Nullable Instant busyAt;
  private final @Nullable Instant stalledSince;

  Measured(
      Reading reading,
      double[] rates,
      @Nullable BucketIncrease[] increases,
      Instant since,
      @Nullable Instant busyAt,
      @Nullable Instant stalledSince) {
    this.reading = reading;
    this.rates = rates;
    this.increases = increases;
    this.since = since;
    this.busyAt = busyAt;
    this.stalledSince = stalledSince;
  }

  /// The latest reading.
  public Reading reading() {
    return reading;
  }

  /// When the latest reading was taken.
  public Instant at() {
    return reading.at();
  }

  /// For how long the target has been watched without a longer gap than its windows; zero after the
  /// first reading.
  public Duration watched() {
    return Duration.between(since, at());
  }

  /// A counter's increase per second over the time of the rate window that was really covered; NaN
  /// where it is absent or was read only once.
  public double rate(Counter counter) {
    return rates[counter.ordinal()];
  }

  /// Requests per second that left the queue: first tokens where the engine shows them, else
  /// finished requests; NaN where neither is known.
  public double serviceRate() {
    double firstTokens = rates[Rate.FIRST_TOKENS];
    return Double.isNaN(firstTokens) ? rate(Counter.REQUESTS_FINISHED) : firstTokens;
  }

  /// A histogram's increase over the latency window; null where it is absent or was read only once.
  public @Nullable BucketIncrease increase(Distribution distribution) {
    return increases[distribution.ordinal()];
  }

  /// True where two readings or more say that nothing was waiting or running for that long before
  /// the latest one, as far as it was seen.
  public boolean idleFor(Duration window) {
    return inFlight() == 0
        && !watched().isZero()
        && (busyAt == null || !busyAt.isAfter(at().minus(window)));
  }

  /// Requests waiting and running; NaN where the engine does not tell both.
  public double inFlight() {
    return reading.gauge(Gauge.REQUESTS_WAITING) + reading.gauge(Gauge.REQUESTS_RUNNING);
  }

  /// For how long requests have been waiting without one leaving the queue; zero where one left
  /// since the reading before. The head of the queue has waited at least as long.
  public Duration stalledFor() {
    return stalledSince == null ? Duration.ZERO : Duration.between(stalledSince, at());
  }

  Instant since() {
    return since;
  }

  @Nullable Instant busyAt() {
    return busyAt;
  }

  @Nullable Instant stalledSince() {
    return stalledSince;
  }

  /// Tokens waiting: the gauge where there is one, exactly zero where nothing waits, else waiting
  /// requests times the mean prompt length of the window or, without one, of the engine's lifetime.
  public double tokensWaiting() {
    double told = reading.gauge(Gauge.TOKENS_WAITING);
    double requests = reading.gauge(Gauge.REQUESTS_WAITING);
    if (!Double.isNaN(told) || requests == 0) {
      return Double.isNaN(told) ? 0 : told;
    }
    BucketIncrease prompts = increase(Distribution.PROMPT_TOKENS);
    double mean = prompts == null ? Double.NaN : prompts.mean();
    return requests
        * (Double.isFinite(mean) ? mean : reading.gauge(Gauge.LIFETIME_PROMPT_TOKENS_PER_REQUEST));
  }
}
