package dev.inferscale.signals.discover;

import dev.inferscale.signals.pool.Credentials;
import dev.inferscale.signals.pool.ModelAliases;
import dev.inferscale.signals.pool.ModelPool;
import dev.inferscale.signals.pool.PoolId;
import dev.inferscale.signals.pool.PoolTargets;
import dev.inferscale.signals.pool.PoolTargets.Gap;
import dev.inferscale.signals.pool.Replicas;
import dev.inferscale.signals.pool.Target;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The targets of pools that list their endpoints.
public final class FixedTargets {
  private FixedTargets() {}

  /// What a pool that selects pods is told where nobody follows them.
  static final Gap NO_API =
      new Gap(
          Gap.Kind.CONFIG,
          "selecting pods needs the Kubernetes API: run in a cluster, or set kubernetes.kubeconfig");

  /// One target per endpoint, named `host:port`; where a pool asks several pages of one port, each
  /// name also has the path. Pools that select pods have none; the same of what is in front of
  /// them.
  public static List<PoolTargets> of(List<ModelPool> pools) {
    Map<String, String> aliases = ModelAliases.of(pools.stream().map(ModelPool::model).toList());
    List<PoolTargets> listed = new ArrayList<>();
    for (ModelPool pool : pools) {
      String alias = aliases.getOrDefault(pool.model(), "");
      boolean listsPages = pool.source() instanceof ModelPool.Endpoints;
      listed.add(
          new PoolTargets(
              pool,
              alias,
              pool.source() instanceof ModelPool.Endpoints(List<URI> pages)
                  ? targets(pool.id(), pages)
                  : List.of(),
              Set.of(),
              List.of(),
              listsPages ? null : NO_API,
              Replicas.UNREAD,
              Credentials.NONE,
              front(pool)));
    }
    return List.copyOf(listed);
  }

  private static PoolTargets.Front front(ModelPool pool) {
    return switch (pool.front()) {
      case null -> PoolTargets.Front.NONE;
      case ModelPool.Endpoints(List<URI> pages) -> front(pool.id(), pages);
      case ModelPool.Pods _ -> new PoolTargets.Front(List.of(), Set.of(), NO_API, Credentials.NONE);
    };
  }

  /// The same pages in front of a pool.
  static PoolTargets.Front front(PoolId pool, List<URI> listed) {
    List<Target> targets = targets(pool, listed).stream().map(Target::inFront).toList();
    return new PoolTargets.Front(targets, Set.of(), null, Credentials.NONE);
  }

  static List<Target> targets(PoolId pool, List<URI> listed) {
    Map<String, Integer> pages = new HashMap<>();
    for (URI page : listed) {
      pages.merge(authority(page), 1, Integer::sum);
    }
    List<Target> targets = new ArrayList<>();
    Map<String, Integer> used = new HashMap<>();
    for (URI page : listed) {
      boolean alone = pages.getOrDefault(authority(page), 0) == 1;
      String name = alone ? authority(page) : authority(page) + page.getPath();
      int before = used.merge(name, 1, Integer::sum) - 1;
      targets.add(new Target(pool, before == 0 ? name : name + "#" + before, page));
    }
    return targets;
  }

  /// Never the query: it may hold a token.
  private static String authority(URI page) {
    int usual = "https".equals(page.getScheme()) ? 443 : 80;
    return page.getHost() + ":" + (page.getPort() < 0 ? usual : page.getPort());
  }
}
