package dev.inferscale.launch;

import dev.inferscale.launch.ConfigReader.Describe;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// A configuration with every kind of key.
record Settings(
    @Describe("Port to listen on.") int port,
    @Describe("Requests that may wait.") int maxQueue,
    long kvCacheTokens,
    double share,
    boolean quiet,
    Mode mode,
    Duration timeout,
    @Describe(value = "Never shown.", secret = true) String token,
    Path model,
    List<String> endpoints,
    Optional<String> alias,
    Limits limits,
    Optional<Tls> tls,
    List<Route> routes) {

  Settings {
    check(port >= 0 && port <= 65535, "port must be 0 to 65535");
    check(maxQueue >= 1 && maxQueue <= 10_000, "maxQueue must be 1 to 10000");
    check(share >= 0 && share <= 1, "share must be 0 to 1");
    check(token.length() <= 8, "token must be at most 8 characters");
  }

  static Settings defaults() {
    return new Settings(
        8000,
        64,
        1L << 33,
        0.5,
        false,
        Mode.AUTO,
        Duration.ofSeconds(90),
        "hush",
        Path.of("models/demo"),
        List.of(),
        Optional.empty(),
        Limits.defaults(),
        Optional.empty(),
        List.of());
  }

  enum Mode {
    AUTO,
    LEAST_LOADED
  }

  record Limits(Duration interval, Duration deadline) {
    Limits {
      check(deadline.compareTo(interval) < 0, "deadline must be shorter than interval");
    }

    static Limits defaults() {
      return new Limits(Duration.ofSeconds(2), Duration.ofSeconds(1));
    }
  }

  /// Has no defaults: who wants it must say all of it.
  record Tls(String certFile, String keyFile, Optional<String> caFile) {}

  record Route(String name, int weight) {}

  private static void check(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalArgumentException(otherwise);
    }
  }
}
