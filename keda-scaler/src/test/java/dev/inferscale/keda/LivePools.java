package dev.inferscale.keda;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.inferscale.signals.EnginePages;
import dev.inferscale.signals.SignalPlane;
import dev.inferscale.signals.SignalsConfig;
import dev.inferscale.signals.discover.FixedTargets;
import dev.inferscale.signals.exposition.Limits;
import dev.inferscale.signals.pool.ModelPool;
import dev.inferscale.signals.pool.PoolId;
import dev.inferscale.signals.pool.PoolTargets;
import dev.inferscale.signals.pool.PoolsFile;
import dev.inferscale.signals.pool.Replicas;
import dev.inferscale.signals.profile.Profiles;
import dev.inferscale.signals.snapshot.Snapshot;
import dev.inferscale.signals.window.Outcome;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// Pools of one engine each, which a real signal plane reads from a real server twice a second: a
/// test says how many requests wait there, or that it stops answering.
final class LivePools implements AutoCloseable {
  private static final Duration INTERVAL = Duration.ofMillis(500);
  private static final Duration STALE_AFTER = Duration.ofSeconds(2);

  private final Map<String, String> waiting = new ConcurrentHashMap<>();
  private final HttpServer engines;
  private final List<PoolTargets> listed;
  private final SignalPlane plane;
  private final InstantSource time = monotonic();

  LivePools(String... names) throws IOException {
    engines = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    engines.createContext("/", this::answer);
    engines.start();
    List<ModelPool> pools = Arrays.stream(names).map(this::pool).toList();
    listed = FixedTargets.of(pools);
    plane =
        SignalPlane.start(
            SignalsConfig.defaults(),
            pools,
            new EnginePages(Profiles.bundled(), Limits.DEFAULTS),
            time);
  }

  private static InstantSource monotonic() {
    Instant origin = Instant.now();
    long started = System.nanoTime();
    return () -> origin.plusNanos(System.nanoTime() - started);
  }

  /// The external scaler of these pools, on free ports.
  ScalerServer scaler(KedaConfig config) throws StartFault {
    return scaler(config, snapshot -> {});
  }

  /// The same.
  ///
  /// @param first is called with each new snapshot, before the scaler knows of it
  ScalerServer scaler(KedaConfig config, Consumer<Snapshot> first) throws StartFault {
    return ScalerServer.start(
        config,
        plane::latest,
        wake ->
            plane.subscribe(snapshot -> {
              first.accept(snapshot);
              wake.run();
            }),
        time);
  }

  /// By the clock that snapshots are stamped with.
  Instant now() {
    return time.instant();
  }

  /// So many requests wait at that pool's engine from now on.
  void wait(String pool, int requests) {
    shows(pool, String.valueOf(requests));
  }

  /// That pool's engine gives out this for the number of its waiting requests.
  void shows(String pool, String number) {
    waiting.put(pool, number);
  }

  /// Somebody in front of that pool holds so many requests back, and says so for ten seconds.
  void tell(String pool, int requests) {
    boolean heard =
        plane.tell(
            new Outcome.Told(
                new PoolId("serving", pool),
                "gateway",
                requests,
                Double.NaN,
                Duration.ofSeconds(10),
                time.instant()));
    if (!heard) {
      throw new IllegalStateException("the mailbox is full");
    }
  }

  /// There is such a pool, with no pod.
  void empty(String name) {
    plane.follow(
        Stream.concat(
                listed.stream(),
                Stream.of(
                    new PoolTargets(
                        pool(name),
                        "m",
                        List.of(),
                        Set.of(),
                        new PoolTargets.Gap(PoolTargets.Gap.Kind.NONE, "no pod"),
                        Replicas.UNREAD)))
            .toList(),
        List.of());
  }

  /// That pool's engine answers no more.
  void silence(String pool) {
    waiting.remove(pool);
  }

  private void answer(HttpExchange exchange) throws IOException {
    String requests = waiting.get(exchange.getRequestURI().getPath().substring(1));
    byte[] page =
        """
        # TYPE vllm:num_requests_waiting gauge
        vllm:num_requests_waiting{model_name="m"} %s
        # TYPE vllm:num_requests_running gauge
        vllm:num_requests_running{model_name="m"} 0
        # TYPE vllm:kv_cache_usage_perc gauge
        vllm:kv_cache_usage_perc{model_name="m"} 0.25
        """
            .formatted(requests == null ? "0" : requests)
            .getBytes(UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "text/plain; version=0.0.4");
    exchange.sendResponseHeaders(requests == null ? 503 : 200, page.length);
    exchange.getResponseBody().write(page);
    exchange.close();
  }

  private ModelPool pool(String name) {
    wait(name, 0);
    ModelPool parsed =
        PoolsFile.parse(
                """
                apiVersion: inferscale.dev/v1alpha1
                kind: ModelPool
                metadata: {name: %s, namespace: serving}
                spec:
                  model: m
                  source: {endpoints: [http://127.0.0.1:%d/%s]}
                """
                    .formatted(name, engines.getAddress().getPort(), name))
            .pools()
            .getFirst();
    return new ModelPool(
        parsed.id(),
        parsed.model(),
        parsed.role(),
        parsed.source(),
        parsed.front(),
        parsed.engine(),
        INTERVAL,
        parsed.windows(),
        parsed.scaleTarget(),
        parsed.traffic(),
        parsed.objectives(),
        parsed.capacity(),
        new ModelPool.WhenMissing(
            STALE_AFTER,
            parsed.missing().answer(),
            parsed.missing().holdFor(),
            parsed.missing().minCoverage()));
  }

  @Override
  public void close() {
    plane.close();
    engines.stop(0);
  }
}
