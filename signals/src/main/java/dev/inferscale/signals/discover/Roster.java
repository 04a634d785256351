package dev.inferscale.signals.discover;

import dev.inferscale.signals.kube.KubeAccess;
import dev.inferscale.signals.kube.WatchState;
import dev.inferscale.signals.pool.ModelAliases;
import dev.inferscale.signals.pool.ModelPool;
import dev.inferscale.signals.pool.ModelPool.Endpoints;
import dev.inferscale.signals.pool.ModelPool.Pods;
import dev.inferscale.signals.pool.ModelPool.ScaleTarget;
import dev.inferscale.signals.pool.ModelPool.Source;
import dev.inferscale.signals.pool.PoolTargets;
import dev.inferscale.signals.pool.PoolTargets.Gap;
import dev.inferscale.signals.pool.Replicas;
import dev.inferscale.signals.pool.Replicas.Count;
import dev.inferscale.signals.pool.Target;
import java.net.URI;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Works out who belongs to whom, from the pools, the pods and the scales as they are known now.
final class Roster {
  static final String PODS = "pods";
  private static final String SOURCE = "source";
  private static final String FRONT = "front";

  private final DiscoverConfig config;
  private final PodBoard pods;
  private final Scales scales;
  private final Secrets secrets;
  private final Supplier<List<WatchState>> watches;
  private final InstantSource time;

  Roster(
      DiscoverConfig config,
      PodBoard pods,
      Scales scales,
      Secrets secrets,
      Supplier<List<WatchState>> watches,
      InstantSource time) {
    this.config = config;
    this.pods = pods;
    this.scales = scales;
    this.secrets = secrets;
    this.watches = watches;
    this.time = time;
  }

  /// The scale targets to read.
  Set<Scales.Key> scaleTargets(List<ModelPool> pools) {
    Set<Scales.Key> keys = new HashSet<>();
    for (ModelPool pool : pools) {
      ScaleTarget target = pool.scaleTarget();
      if (target != null && config.watches(pool.id().namespace())) {
        keys.add(new Scales.Key(pool.id().namespace(), target));
      }
    }
    return keys;
  }

  /// The Secrets to read.
  Set<PoolSecrets.Reference> secrets(List<ModelPool> pools) {
    Set<PoolSecrets.Reference> references = new HashSet<>();
    for (ModelPool pool : pools) {
      String namespace = pool.id().namespace();
      if (!config.watches(namespace)) {
        continue;
      }
      if (pool.source() instanceof Pods source) {
        references.addAll(PoolSecrets.references(namespace, SOURCE, source));
      }
      if (pool.front() instanceof Pods front) {
        references.addAll(PoolSecrets.references(namespace, FRONT, front));
      }
    }
    return references;
  }

  /// The targets of each of these pools, and what is known of its replicas.
  List<PoolTargets> of(List<ModelPool> pools) {
    Map<String, String> aliases = ModelAliases.of(pools.stream().map(ModelPool::model).toList());
    Map<String, Collection<Pod>> byNamespace = new HashMap<>();
    List<PoolTargets> found = new ArrayList<>();
    for (ModelPool pool : pools) {
      String alias = aliases.getOrDefault(pool.model(), "");
      PoolSecrets secretsOf = secrets(pool, SOURCE, pool.source());
      PodTargets there =
          switch (pool.source()) {
            case Endpoints endpoints -> fixed(pool, endpoints);
            case Pods source -> selected(pool, SOURCE, source, byNamespace).unless(secretsOf.gap());
          };
      found.add(
          new PoolTargets(
              pool,
              alias,
              there.targets(),
              there.starting(),
              there.pods(),
              there.gap(),
              replicas(pool, there),
              secretsOf.credentials(),
              front(pool, there, byNamespace)));
    }
    return found;
  }

  private PodTargets selected(
      ModelPool pool, String key, Pods source, Map<String, Collection<Pod>> byNamespace) {
    String namespace = pool.id().namespace();
    Gap gap = unknown(namespace);
    return gap == null
        ? PodTargets.of(pool, key, source, byNamespace.computeIfAbsent(namespace, pods::in))
        : PodTargets.none(gap);
  }

  private PoolTargets.Front front(
      ModelPool pool, PodTargets serving, Map<String, Collection<Pod>> byNamespace) {
    return switch (pool.front()) {
      case null -> PoolTargets.Front.NONE;
      case Endpoints(List<URI> pages) -> FixedTargets.front(pool.id(), pages);
      case Pods front -> {
        PoolSecrets secretsOf = secrets(pool, FRONT, front);
        yield selected(pool, FRONT, front, byNamespace)
            .unless(secretsOf.gap())
            .inFrontOf(serving, secretsOf.credentials());
      }
    };
  }

  private PoolSecrets secrets(ModelPool pool, String key, Source asked) {
    return asked instanceof Pods selected
        ? PoolSecrets.of(pool.id().namespace(), key, selected, secrets.known())
        : PoolSecrets.NONE;
  }

  private static PodTargets fixed(ModelPool pool, Endpoints endpoints) {
    List<Target> targets = FixedTargets.targets(pool.id(), endpoints.pages());
    return new PodTargets(targets, Set.of(), List.of(), null, 0, 0);
  }

  private Replicas replicas(ModelPool pool, PodTargets there) {
    ScaleTarget target = pool.scaleTarget();
    if (target == null || config.access() instanceof KubeAccess.None) {
      return Replicas.UNREAD;
    }
    String namespace = pool.id().namespace();
    if (!config.watches(namespace)) {
      return Replicas.unknown(notWatched(namespace));
    }
    Scales.Key key = new Scales.Key(namespace, target);
    return counted(pool, there, scales.wanted(key)).of(scales.resource(key));
  }

  private Replicas counted(ModelPool pool, PodTargets there, Count wanted) {
    String namespace = pool.id().namespace();
    if (!(pool.source() instanceof Pods)) {
      Count uncounted =
          new Count.Unknown(false, "replicas are counted from pods; select them in source.pods");
      return new Replicas(wanted, uncounted, uncounted);
    }
    if (!pods.knows(namespace)) {
      Count soon = new Count.Unknown(true, "the pods have not been listed yet");
      return new Replicas(wanted, soon, soon);
    }
    Instant at = podsAsOf(namespace);
    return new Replicas(
        wanted, new Count.Known(there.ready(), at), new Count.Known(there.startingPods(), at));
  }

  /// When the pods of a namespace were last known to be so.
  private Instant podsAsOf(String namespace) {
    Instant now = time.instant();
    return podWatch(namespace).map(watch -> now.minus(watch.age())).orElse(now);
  }

  private Optional<WatchState> podWatch(String namespace) {
    return watches.get().stream()
        .filter(watch -> watch.resource().equals(PODS))
        .filter(watch -> watch.namespace().isEmpty() || watch.namespace().equals(namespace))
        .findFirst();
  }

  private static String notWatched(String namespace) {
    return "namespace " + namespace + " is not watched; add it to kubernetes.namespaces";
  }

  /// Why the pods of a namespace are not known, null where they are.
  private @Nullable Gap unknown(String namespace) {
    if (config.access() instanceof KubeAccess.None) {
      return FixedTargets.NO_API;
    }
    if (!config.watches(namespace)) {
      return new Gap(Gap.Kind.CONFIG, notWatched(namespace));
    }
    if (pods.knows(namespace)) {
      return null;
    }
    String fault = podWatch(namespace).map(WatchState::fault).orElse("");
    return new Gap(Gap.Kind.NOT_YET, "the pods have not been listed yet: " + fault);
  }
}
