package dev.inferscale.app.act.outbox;

import java.util.Locale;

/// What became of one write.
public enum Outcome {
  WRITTEN,
  /// Printed instead, in a dry run.
  PRINTED,
  /// Somebody else has changed it meanwhile; tried again later.
  CONFLICT,
  /// What it is about has been deleted.
  GONE,
  /// A Role is missing.
  FORBIDDEN,
  /// The API server does not answer, is overloaded or does not know us.
  UNREACHABLE,
  /// The API server does not take it.
  REFUSED,
  /// Never sent: too many at once.
  DROPPED;

  /// As metrics print it.
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /// Of an HTTP status; 0 is no answer.
  public static Outcome of(int code) {
    return switch (code) {
      case 200, 201 -> WRITTEN;
      case 403 -> FORBIDDEN;
      case 404 -> GONE;
      case 409 -> CONFLICT;
      case 0, 401, 408, 429 -> UNREACHABLE;
      default -> code >= 500 ? UNREACHABLE : REFUSED;
    };
  }
}
