package dev.inferscale.adapter.wire;

import java.util.Locale;

/// What a request asked for, as statistics count it. Few and fixed, whatever callers send.
public enum Surface {
  EXTERNAL_METRICS,
  CUSTOM_METRICS,
  DISCOVERY,
  OPENAPI,
  HEALTH,
  /// The JSON view of the pools.
  POOLS,
  /// What is told of requests that no pod has yet.
  DEMAND,
  /// Pages that the program mounts: `/metrics` and its probes.
  PROGRAM,
  /// Everything else, nearly always a wrong path.
  OTHER;

  /// As metrics print it.
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
