package dev.inferscale.signals.discover;

import dev.inferscale.signals.pool.ModelAliases;
import dev.inferscale.signals.pool.ModelPool;
import dev.inferscale.signals.pool.PoolId;
import dev.inferscale.signals.pool.PoolTargets;
import dev.inferscale.signals.pool.Target;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The targets of pools that list their endpoints.
public final class FixedTargets {
  private FixedTargets() {}

  /// One target per endpoint, named `host:port`; where a pool asks several pages of one port, each
  /// name also has the path.
  public static List<PoolTargets> of(List<ModelPool> pools) {
    Map<String, String> aliases = ModelAliases.of(pools.stream().map(ModelPool::model).toList());
    List<PoolTargets> listed = new ArrayList<>();
    for (ModelPool pool : pools) {
      String alias = aliases.getOrDefault(pool.model(), "");
      List<Target> targets =
          switch (pool.source()) {
            case ModelPool.Endpoints endpoints -> targets(pool.id(), endpoints.pages());
            case ModelPool.Pods _ -> List.<Target>of();
          };
      listed.add(new PoolTargets(pool, alias, targets));
    }
    return List.copyOf(listed);
  }

  private static List<Target> targets(PoolId pool, List<URI> listed) {
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
