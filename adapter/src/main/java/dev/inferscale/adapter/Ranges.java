package dev.inferscale.adapter;

import java.time.Duration;

/// Checks of configured values; what is out of range is refused by key, value and range.
final class Ranges {
  private static final int MAX_CONNECTIONS = 100_000;

  private Ranges() {}

  static void port(String key, int port) {
    require(port >= 0 && port <= 65_535, key, port, "0 to 65535, 0 for any free port");
  }

  static void count(String key, int count) {
    require(count >= 1 && count <= MAX_CONNECTIONS, key, count, "1 to " + MAX_CONNECTIONS);
  }

  static void duration(String key, Duration value, Duration least, Duration most) {
    boolean inside = value.compareTo(least) >= 0 && value.compareTo(most) <= 0;
    require(inside, key, value, least.toSeconds() + "s to " + most.toSeconds() + "s");
  }

  private static void require(boolean right, String key, Object value, String range) {
    if (!right) {
      throw new IllegalArgumentException(key + " is " + value + "; it must be " + range);
    }
  }
}
