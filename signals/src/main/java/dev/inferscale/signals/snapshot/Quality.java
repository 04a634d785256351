package dev.inferscale.signals.snapshot;

import java.util.Locale;

/// How much a value can be trusted, best first, except for `IDLE`, which is exact about nothing
/// happening.
public enum Quality {
  EXACT,
  DERIVED,
  ESTIMATED,
  /// Fewer targets answered than the pool wants; the value errs upward.
  PARTIAL,
  /// Nothing was waiting or running in the whole window.
  IDLE;

  /// As documents print it.
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
