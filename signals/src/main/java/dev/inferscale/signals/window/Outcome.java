package dev.inferscale.signals.window;

import dev.inferscale.signals.pool.Target;
import dev.inferscale.signals.profile.Reading;
import java.time.Instant;

/// What came of asking one target once.
public sealed interface Outcome {

  Target target();

  /// When the answer came, or was given up, from the injected clock.
  Instant at();

  /// A reading.
  ///
  /// @param defects how many lines of the page could not be used
  record Read(Reading reading, int defects) implements Outcome {
    @Override
    public Target target() {
      return reading.target();
    }

    @Override
    public Instant at() {
      return reading.at();
    }
  }

  /// No reading.
  ///
  /// @param detail one short sentence for people, without secrets and never quoting a body
  record Failed(Target target, FetchFault fault, String detail, Instant at) implements Outcome {}
}
