package dev.inferscale.worker;

import dev.inferscale.launch.ConfigReader.Describe;
import dev.inferscale.worker.http.AddressRange;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// The worker's configuration.
public record WorkerConfig(
    @Describe("Address to listen on") String host,
    @Describe("Port to listen on; 0 takes a free one") int port,
    @Describe("Directory of the model in Hugging Face format; one that comes along if not set")
        Optional<Path> model,
    @Describe("Name that requests ask for; empty is the name of the model's directory")
        String servedModelName,
    @Describe("Device that computes; paced takes the time that `paced` says, for test beds")
        Device backend,
    @Describe("Permit backend paced, whose speed is made up") boolean allowPaced,
    Paced paced,
    @Describe("Threads that compute; 0 is one per processor, and one where the backend is paced")
        int threads,
    @Describe("Tokens that the KV cache holds, over all requests; 0 is 16384, paced 430000")
        int kvCacheTokens,
    @Describe("Tokens per KV block") int blockTokens,
    @Describe("Most requests in a batch") int maxRunning,
    @Describe("Most requests waiting; more are answered 429") int maxQueue,
    @Describe("Most tokens computed in one step: bounds how long a prompt delays running answers")
        int maxBatchTokens,
    @Describe("A request that has not started by then is answered 503") Duration queueTimeout,
    @Describe("A request that has not ended by then is answered 504, or its stream ends")
        Duration requestTimeout,
    @Describe("Time for running requests to finish after SIGTERM") Duration drainTimeout,
    @Describe("A step that takes longer makes the worker not ready") Duration notReadyAfter,
    @Describe("A step that takes longer makes the worker not live") Duration notLiveAfter,
    @Describe("Time to compute for nobody before serving, so that first answers come fast")
        Duration warmUp,
    @Describe("Price of this replica in USD per hour; 0 is unknown, and no cost is exported")
        double usdPerHour,
    Tenants tenants) {

  /// What can compute.
  public enum Device {
    /// The best that is there.
    AUTO,
    CPU,
    /// The processor computes, a law says how long it takes.
    PACED
  }

  /// How long a step of the paced backend takes: T = a + b B + g K + d P.
  public record Paced(
      @Describe("Time of any step: a") Duration step,
      @Describe("Time more for each sequence that decodes: b") Duration perSequence,
      @Describe("Time more for each token that these sequences hold: g") Duration perResidentToken,
      @Describe("Time more for each prompt token computed: d") Duration perPrefillToken) {

    public Paced {
      requirePace(step, "step", Duration.ofSeconds(2), "2s");
      requirePace(perSequence, "perSequence", Duration.ofMillis(100), "100ms");
      requirePace(perResidentToken, "perResidentToken", Duration.ofMillis(1), "1ms");
      requirePace(perPrefillToken, "perPrefillToken", Duration.ofMillis(10), "10ms");
    }

    /// Llama-2-70B on four H100: a fit of what Splitwise measured; 30 steps per second with 8
    /// sequences.
    static Paced defaults() {
      return new Paced(
          Duration.ofNanos(28_700_000),
          Duration.ofNanos(274_000),
          Duration.ofNanos(120),
          Duration.ofNanos(107_000));
    }

    private static void requirePace(Duration span, String key, Duration most, String written) {
      boolean sane = !span.isNegative() && span.compareTo(most) <= 0;
      require(sane, key, "0s to " + written);
    }
  }

  /// Who the requests are counted for.
  public record Tenants(
      @Describe("Header that names the tenant; empty turns tenants off") String header,
      @Describe("Addresses or ranges, such as 10.0.0.0/8, whose header is believed")
          List<String> trustedPeers,
      @Describe("Tenants with series of their own; the rest are counted as other") int max) {

    public Tenants {
      trustedPeers = List.copyOf(trustedPeers);
      for (String peer : trustedPeers) {
        require(isRange(peer), "trustedPeers", "addresses or ranges such as 10.0.0.0/8");
      }
      require(max >= 1 && max <= 1000, "max", "1 to 1000");
    }

    private static boolean isRange(String text) {
      try {
        AddressRange.parse(text);
        return true;
      } catch (IllegalArgumentException e) {
        return false;
      }
    }
  }

  public WorkerConfig {
    require(!host.isBlank(), "host", "an address or a host name");
    require(port >= 0 && port <= 65_535, "port", "0 to 65535");
    require(servedModelName.length() <= 128, "servedModelName", "at most 128 characters");
    require(
        backend != Device.PACED || allowPaced,
        "backend",
        "auto or cpu where allowPaced (--allow-paced) is not set: a paced worker's speed is made up");
    require(threads >= 0 && threads <= 1024, "threads", "0 to 1024");
    require(blockTokens >= 1 && blockTokens <= 256, "blockTokens", "1 to 256");
    require(
        kvCacheTokens == 0 || kvCacheTokens >= 2 * blockTokens,
        "kvCacheTokens",
        "0, or at least two blocks");
    require(maxRunning >= 1 && maxRunning <= 4096, "maxRunning", "1 to 4096");
    require(maxQueue >= 1 && maxQueue <= 1_000_000, "maxQueue", "1 to 1000000");
    require(
        maxBatchTokens >= maxRunning && maxBatchTokens <= 1 << 20,
        "maxBatchTokens",
        "maxRunning (" + maxRunning + ") to 1048576");
    requireSpan(queueTimeout, "queueTimeout");
    requireSpan(requestTimeout, "requestTimeout");
    require(!drainTimeout.isNegative(), "drainTimeout", "0s or more");
    requireSpan(notReadyAfter, "notReadyAfter");
    requireSpan(notLiveAfter, "notLiveAfter");
    require(
        !warmUp.isNegative() && warmUp.compareTo(Duration.ofMinutes(10)) <= 0,
        "warmUp",
        "0s to 10m");
    require(usdPerHour >= 0 && usdPerHour <= 1e6, "usdPerHour", "0 to 1000000");
  }

  /// Tokens that the KV cache holds where [#kvCacheTokens] leaves it to us: what the demo model
  /// needs for 16 full contexts, or what the pool of [Paced#defaults] has.
  int kvTokens() {
    int unset = backend == Device.PACED ? 430_000 : 16_384;
    return kvCacheTokens == 0 ? unset : kvCacheTokens;
  }

  /// What holds where nothing is set.
  public static WorkerConfig defaults() {
    return new WorkerConfig(
        "127.0.0.1",
        8000,
        Optional.empty(),
        "",
        Device.AUTO,
        false,
        Paced.defaults(),
        0,
        0,
        16,
        32,
        128,
        512,
        Duration.ofSeconds(60),
        Duration.ofMinutes(10),
        Duration.ofSeconds(25),
        Duration.ofSeconds(20),
        Duration.ofMinutes(2),
        Duration.ofSeconds(1),
        0,
        new Tenants("", List.of(), 20));
  }

  private static void requireSpan(Duration span, String key) {
    boolean sane = span.isPositive() && span.compareTo(Duration.ofDays(1)) <= 0;
    require(sane, key, "more than 0s and at most 24h");
  }

  private static void require(boolean holds, String key, String range) {
    if (!holds) {
      throw new IllegalArgumentException(key + " must be " + range);
    }
  }
}
