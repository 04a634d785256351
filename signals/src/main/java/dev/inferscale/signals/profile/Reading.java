package dev.inferscale.signals.profile;

import dev.inferscale.signals.pool.Target;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One target at one instant, in our names and units. Arrays are indexed by the enums' ordinals and
/// never written after construction. Nothing in it is ever NaN except as "absent" in `gauges` and
/// `counters`.
///
/// @param at when the page was fetched (monotonic, from the injected clock)
/// @param profile the profile that read it
/// @param model the model name the engine shows, null where it shows none
/// @param gauges by [Gauge]; NaN is absent
/// @param counters by [Counter]; NaN is absent
/// @param histograms by [Distribution]; null is absent
/// @param provenance for each signal, in the order of [Signal]: where it comes from on this page,
///   or why it is absent
/// @param ranks over which each total was summed: by [Counter], then by [Distribution]
/// @param restartMark changes exactly when the engine restarts (its start time), empty where the
///   page has none or its ranks started at different times
public record Reading(
    Target target,
    Instant at,
    String profile,
    @Nullable String model,
    double[] gauges,
    double[] counters,
    @Nullable Histogram[] histograms,
    List<Provenance> provenance,
    List<Ranks> ranks,
    String restartMark) {

  public double gauge(Gauge gauge) {
    return gauges[gauge.ordinal()];
  }

  public double counter(Counter counter) {
    return counters[counter.ordinal()];
  }

  public @Nullable Histogram histogram(Distribution distribution) {
    return histograms[distribution.ordinal()];
  }

  public Provenance provenance(Signal signal) {
    return provenance.get(signal.ordinal());
  }

  public Ranks ranks(Counter counter) {
    return ranks.get(counter.ordinal());
  }

  public Ranks ranks(Distribution distribution) {
    return ranks.get(Counter.values().length + distribution.ordinal());
  }

  /// The engines, ranks and models of one page that a total is a sum over. Totals over others are
  /// not to be subtracted: one that joins brings all that it ever counted, one that leaves takes it
  /// along.
  ///
  /// @param count how many there are
  /// @param fingerprint of their labels; equal where they are the same
  public record Ranks(int count, long fingerprint) {
    /// A page that tells no ranks apart.
    public static final Ranks ONE = new Ranks(1, 0);
  }

  /// Where a signal comes from on one page.
  ///
  /// @param from names of the engine's series, in the spelling of the page; empty where the signal
  ///   is absent
  /// @param grade how directly the engine tells it
  /// @param absence why the signal cannot be had and what would change that; empty where it can
  public record Provenance(List<String> from, Grade grade, String absence) {}

  /// How directly an engine tells a signal.
  public enum Grade {
    /// The engine exports it.
    DIRECT,
    /// Computed from exported values without loss (usage times capacity).
    DERIVED,
    /// Computed with an assumption (waiting requests times mean prompt length).
    ESTIMATED,
    ABSENT
  }

  /// Levels that one target tells about itself now. Units are ours, whatever the engine's were.
  public enum Gauge {
    REQUESTS_WAITING,
    REQUESTS_RUNNING,
    TOKENS_RUNNING,
    TOKENS_WAITING,
    /// Age in seconds of the request at the head of the queue.
    QUEUE_OLDEST_SECONDS,
    /// 0-1, capacity-weighted over the engines of the target.
    KV_CACHE_UTILIZATION,
    KV_CACHE_CAPACITY_TOKENS,
    /// Mean prompt length over the engine's lifetime; the estimate of waiting tokens falls back to
    /// it.
    LIFETIME_PROMPT_TOKENS_PER_REQUEST,
    /// Sum over the target's GPUs of their 0-1 utilisation; divide by `GPUS`.
    GPU_UTILIZATION_SUM,
    GPUS,
    GPU_MEMORY_USED_BYTES,
    GPU_MEMORY_TOTAL_BYTES
  }

  /// Totals that one target counts up since it started.
  public enum Counter {
    PROMPT_TOKENS,
    GENERATION_TOKENS,
    /// Requests that ended, whatever the outcome, rejections excepted.
    REQUESTS_FINISHED,
    REQUESTS_SUCCEEDED,
    REQUESTS_FAILED,
    REQUESTS_TIMED_OUT,
    /// Requests refused at the door (queue full, 429, 503).
    REQUESTS_REJECTED
  }

  /// Histograms that one target keeps since it started; seconds, except for the last.
  public enum Distribution {
    QUEUE_WAIT,
    TIME_TO_FIRST_TOKEN,
    INTER_TOKEN_LATENCY,
    TIME_PER_OUTPUT_TOKEN,
    LATENCY,
    /// Prompt lengths in tokens; only the sum and the count are kept, for the mean of a window.
    PROMPT_TOKENS
  }

  /// A cumulative histogram at one instant, summed over the label sets of its target.
  ///
  /// @param bounds upper bounds, ascending, finite; shared between readings where they are equal;
  ///   may be empty when only sum and count are known
  /// @param cumulative observations at or below each bound; one longer than `bounds`, the last is
  ///   the count of all
  /// @param sum of all observations, NaN where the engine does not tell
  public record Histogram(double[] bounds, double[] cumulative, double sum) {
    public double count() {
      return cumulative[cumulative.length - 1];
    }
  }
}
