package dev.inferscale.signals.snapshot;

import java.util.Locale;

/// Why there is no value.
public enum Absence {
  UNKNOWN_POOL,
  UNKNOWN_SIGNAL,
  NO_TARGETS,
  /// Not enough seen yet: no reading, or work in flight and no event in the window.
  NOT_YET,
  /// The last reading is older than the pool's `staleAfter`.
  STALE,
  /// The engine does not export it.
  ABSENT,
  /// Too few targets answered.
  PARTIAL,
  /// The target answered with text that cannot be believed.
  REFUSED,
  UNREACHABLE,
  /// The pool's configuration lacks what the signal needs.
  CONFIG;

  /// As documents and metrics print it.
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
