package dev.inferscale.app.scaledobject;

import dev.inferscale.signals.pool.PoolId;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Something wrong with a ScaledObject or ScaledJob that asks us.
///
/// @param grave true where it does harm now, false for advice
/// @param subject such as `scaledobject/serving/chat`
/// @param pool that it asks for, null where it cannot be told
/// @param sentence what is wrong and what to do, one line
public record Warning(
    Kind kind, boolean grave, String subject, @Nullable PoolId pool, String sentence) {

  /// What it is about.
  public enum Kind {
    /// Metadata that no pool could make right.
    BAD_TRIGGER,
    /// A key that looks like ours and is none.
    UNREAD_KEY,
    UNKNOWN_POOL,
    /// The type of the metric does not suit the signal.
    METRIC_TYPE,
    /// A rise from zero waits for the next poll.
    POLLED_RISE,
    /// Times that do not suit the pool's cold start.
    COOLDOWN,
    FALLBACK,
    /// Bounds that differ from the pool's.
    REPLICAS,
    POLLING,
    PAUSED;

    /// As metrics print it.
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
