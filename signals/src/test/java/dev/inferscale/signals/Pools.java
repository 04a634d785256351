package dev.inferscale.signals;

import dev.inferscale.signals.pool.ModelPool;
import dev.inferscale.signals.pool.PoolTargets;
import dev.inferscale.signals.pool.PoolsFile;
import dev.inferscale.signals.pool.Target;
import java.net.URI;
import java.util.List;
import java.util.stream.IntStream;

/// Pools for tests, with defaults unless a line of their spec says otherwise.
public final class Pools {
  private Pools() {}

  /// The pool `serving/NAME`.
  ///
  /// @param lines further lines of the spec, such as `interval: 1s`
  public static ModelPool pool(String name, String... lines) {
    return pool(name, List.of(URI.create("http://127.0.0.1:8000/metrics")), lines);
  }

  /// The pool `serving/NAME` with these endpoints.
  public static ModelPool pool(String name, List<URI> endpoints, String... lines) {
    List<String> quoted = endpoints.stream().map(uri -> "'" + uri + "'").toList();
    PoolsFile file =
        PoolsFile.parse(
            """
            apiVersion: inferscale.dev/v1alpha1
            kind: ModelPool
            metadata: {name: %s, namespace: serving}
            spec:
              model: acme/chat-9b
              source: {endpoints: %s}
              %s
            """
                .formatted(name, quoted, String.join("\n  ", lines)));
    if (!file.faults().isEmpty()) {
      throw new IllegalArgumentException(file.faults().toString());
    }
    return file.pools().getFirst();
  }

  /// A pool's targets `t0`, `t1` and so on.
  public static PoolTargets targets(ModelPool pool, int count) {
    return new PoolTargets(
        pool, "acme_chat-9b", IntStream.range(0, count).mapToObj(i -> target(pool, i)).toList());
  }

  public static Target target(ModelPool pool, int index) {
    return new Target(pool.id(), "t" + index, URI.create("http://127.0.0.1/" + index));
  }
}
