package dev.inferscale.app.apis;

import java.util.Locale;

/// Who answers one of the metrics APIs.
public enum Owner {
  /// Nobody is registered.
  ABSENT,
  /// It leads to our Service.
  OURS,
  /// It leads to KEDA's metrics server.
  KEDA,
  /// Another program answers.
  FOREIGN,
  /// Not read yet, or it may not be read.
  UNKNOWN;

  /// As metrics print it.
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
