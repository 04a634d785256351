package dev.inferscale.signals.discover;

import dev.inferscale.signals.kube.Reflector;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The pods of the watched namespaces as last seen. Thread-safe; whoever reads takes copies.
final class PodBoard implements Reflector.Store<Pod> {
  private final Map<String, Map<String, Pod>> byNamespace = new HashMap<>();
  private final Set<String> listed = new HashSet<>();
  private final Runnable changed;

  /// @param changed told after each change; must not block
  PodBoard(Runnable changed) {
    this.changed = changed;
  }

  /// @param scope one namespace, or empty for all
  @Override
  public void replace(String scope, List<Pod> pods) {
    synchronized (this) {
      if (scope.isEmpty()) {
        byNamespace.clear();
      } else {
        byNamespace.remove(scope);
      }
      listed.add(scope);
      pods.forEach(this::keep);
    }
    changed.run();
  }

  @Override
  public void put(Pod pod) {
    synchronized (this) {
      keep(pod);
    }
    changed.run();
  }

  private void keep(Pod pod) {
    if (pod.finished()) {
      forget(pod);
    } else {
      byNamespace.computeIfAbsent(pod.namespace(), _ -> new HashMap<>()).put(pod.name(), pod);
    }
  }

  @Override
  public void remove(Pod pod) {
    synchronized (this) {
      forget(pod);
    }
    changed.run();
  }

  private void forget(Pod pod) {
    Map<String, Pod> pods = byNamespace.get(pod.namespace());
    if (pods != null && pods.remove(pod.name()) != null && pods.isEmpty()) {
      byNamespace.remove(pod.namespace());
    }
  }

  /// True once the pods of that namespace have been listed.
  synchronized boolean knows(String namespace) {
    return listed.contains("") || listed.contains(namespace);
  }

  synchronized Collection<Pod> in(String namespace) {
    return List.copyOf(byNamespace.getOrDefault(namespace, Map.of()).values());
  }

  synchronized int size() {
    return byNamespace.values().stream().mapToInt(Map::size).sum();
  }
}
