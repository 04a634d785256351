package dev.inferscale.signals.window;

import java.util.Locale;

/// Why asking a target gave no reading.
public enum FetchFault {
  /// No connection, or it broke.
  UNREACHABLE,
  /// No complete answer within the deadline.
  TIMED_OUT,
  /// An answer with a status other than 200.
  STATUS,
  /// A redirect that leads to another host, or too many of them.
  REDIRECT,
  /// A body beyond the limit, also after decompression.
  TOO_LARGE,
  /// The memory that all pages in flight share was used up by others.
  NO_MEMORY,
  /// A body that is not metrics text, or not believable.
  REFUSED,
  /// A good answer that holds no series (yet).
  EMPTY;

  /// As statistics print it.
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
