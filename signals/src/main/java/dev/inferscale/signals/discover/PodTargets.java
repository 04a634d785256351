package dev.inferscale.signals.discover;

import dev.inferscale.signals.pool.Credentials;
import dev.inferscale.signals.pool.ModelPool;
import dev.inferscale.signals.pool.ModelPool.Pods;
import dev.inferscale.signals.pool.PoolId;
import dev.inferscale.signals.pool.PoolTargets;
import dev.inferscale.signals.pool.PoolTargets.Gap;
import dev.inferscale.signals.pool.ServingPod;
import dev.inferscale.signals.pool.Target;
import java.net.URI;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The targets among a namespace's pods. A pure function of the pods that there are, whatever
/// happened before.
///
/// @param targets one per port of each pod that runs and is not being deleted, by name
/// @param starting those whose pod is not ready
/// @param pods those that the targets are on, by name
/// @param gap why there are none, null where there are
/// @param ready how many pods of the pool serve
/// @param startingPods how many will
record PodTargets(
    List<Target> targets,
    Set<Target> starting,
    List<ServingPod> pods,
    @Nullable Gap gap,
    int ready,
    int startingPods) {

  /// @param key of the document under which the pods are selected: `source` or `front`
  /// @param pods all of the pool's namespace, in any order
  static PodTargets of(ModelPool pool, String key, Pods source, Collection<Pod> pods) {
    List<Pod> matching = matching(source, pods);
    List<Target> targets = new ArrayList<>();
    Set<Target> starting = new HashSet<>();
    List<ServingPod> serving = new ArrayList<>();
    int ready = 0;
    int toCome = 0;
    for (Pod pod : matching) {
      ready += pod.running() && pod.ready() && !pod.deleting() ? 1 : 0;
      toCome += pod.starts() ? 1 : 0;
      if (pod.serves()) {
        List<Target> own =
            source.ports().stream().map(port -> target(pool.id(), source, pod, port)).toList();
        targets.addAll(own);
        serving.add(new ServingPod(pod.name(), pod.labels(), own));
        if (!pod.ready()) {
          starting.addAll(own);
        }
      }
    }
    return new PodTargets(
        targets,
        starting,
        serving,
        targets.isEmpty() ? gap(pool, key, matching, toCome) : null,
        ready,
        toCome);
  }

  /// Nothing, for a reason.
  static PodTargets none(Gap reason) {
    return new PodTargets(List.of(), Set.of(), List.of(), reason, 0, 0);
  }

  /// The same pods, none of which is asked where there is a reason not to.
  PodTargets unless(@Nullable Gap reason) {
    return reason == null
        ? this
        : new PodTargets(List.of(), Set.of(), List.of(), reason, ready, startingPods);
  }

  /// The same pods as those that stand in front of others. Who serves himself is not in front: what
  /// waits there would count twice.
  PoolTargets.Front inFrontOf(PodTargets serving, Credentials credentials) {
    Set<URI> own = serving.targets().stream().map(Target::page).collect(Collectors.toSet());
    List<Target> others = targets.stream().filter(each -> !own.contains(each.page())).toList();
    Gap none =
        others.isEmpty() && !targets.isEmpty()
            ? new Gap(Gap.Kind.CONFIG, "front.pods selects only pods that source.pods has too")
            : gap;
    return new PoolTargets.Front(
        others.stream().map(Target::inFront).toList(),
        starting.stream().map(Target::inFront).collect(Collectors.toSet()),
        none,
        credentials);
  }

  private static List<Pod> matching(Pods source, Collection<Pod> pods) {
    // Pods of one template share their labels, so that most are matched once.
    IdentityHashMap<Map<String, String>, Boolean> known = new IdentityHashMap<>();
    return pods.stream()
        .filter(pod ->
            known.computeIfAbsent(
                pod.labels(), labels -> Selection.matches(source.selector(), labels)))
        .sorted(Comparator.comparing(Pod::name))
        .toList();
  }

  private static Target target(PoolId pool, Pods source, Pod pod, int port) {
    String name = source.ports().size() == 1 ? pod.name() : pod.name() + ":" + port;
    String host = pod.ip().indexOf(':') < 0 ? pod.ip() : "[" + pod.ip() + "]";
    URI page = URI.create(source.scheme() + "://" + host + ":" + port + source.path());
    return new Target(pool, name, page, pod.uid());
  }

  private static Gap gap(ModelPool pool, String key, List<Pod> matching, int toCome) {
    String namespace = pool.id().namespace();
    if (matching.isEmpty()) {
      return new Gap(
          Gap.Kind.NONE, "no pod in " + namespace + " matches the selector of " + key + ".pods");
    }
    if (toCome > 0) {
      return new Gap(
          Gap.Kind.NOT_YET, toCome + " pods are pending; wait until one runs, or describe it");
    }
    return new Gap(
        Gap.Kind.NONE, "none of its " + matching.size() + " pods runs; all end or are deleted");
  }
}
