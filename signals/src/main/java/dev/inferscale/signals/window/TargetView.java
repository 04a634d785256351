package dev.inferscale.signals.window;

import dev.inferscale.signals.pool.Target;
import org.jspecify.annotations.Nullable;

/// What is known about one target.
///
/// @param measured at its latest reading, null where there never was one
/// @param fault what came of asking it later than that, null where nothing went wrong since
public record TargetView(
    Target target, @Nullable Measured measured, Outcome.@Nullable Failed fault) {

  /// True once it has been asked, whatever came of it.
  public boolean asked() {
    return measured != null || fault != null;
  }
}
