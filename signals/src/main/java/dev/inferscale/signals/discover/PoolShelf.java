package dev.inferscale.signals.discover;

import dev.inferscale.signals.pool.ModelPool;
import dev.inferscale.signals.pool.PoolFault;
import dev.inferscale.signals.pool.PoolId;
import dev.inferscale.signals.pool.PoolsFile;
import dev.inferscale.signals.pool.RejectedPool;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The pools of all origins, each in its last good version, and what is wrong with the others. An
/// origin is a file or one resource of the cluster. Thread-safe.
///
/// Files come before resources, and among either the first by name: what an operator writes cannot
/// be taken by who may create resources.
final class PoolShelf {
  /// What the origins of resources begin with.
  private static final String RESOURCE = "ModelPool ";

  private final SortedMap<String, Origin> files = new TreeMap<>();
  private final SortedMap<String, Origin> resources = new TreeMap<>();

  /// @param pools in their last good versions
  /// @param faults of the text as it is now
  private record Origin(Map<PoolId, ModelPool> pools, List<PoolFault> faults) {}

  /// All pools and all documents at fault.
  record Picture(List<ModelPool> pools, List<RejectedPool> rejected) {}

  /// The file's text is now this.
  synchronized void file(String name, PoolsFile read) {
    files.put(name, merged(files.get(name), read));
  }

  /// There is no such file any more, and so none of its pools.
  synchronized void fileGone(String name) {
    files.remove(name);
  }

  /// The file cannot be read; its pools stay.
  synchronized void fileFault(String name, String problem) {
    Origin before = files.get(name);
    files.put(
        name,
        new Origin(
            before == null ? Map.of() : before.pools(),
            List.of(new PoolFault(0, "", "", problem))));
  }

  /// The resource is now this.
  synchronized void resource(PoolId id, PoolsFile read) {
    resources.put(RESOURCE + id, merged(resources.get(RESOURCE + id), read));
  }

  synchronized void resourceGone(PoolId id) {
    resources.remove(RESOURCE + id);
  }

  /// Forgets the resources of a namespace, or of all where it is empty, except these.
  synchronized void resourcesAre(String namespace, Set<PoolId> ids) {
    Set<String> staying = new LinkedHashSet<>();
    ids.forEach(id -> staying.add(RESOURCE + id));
    String prefix = namespace.isEmpty() ? RESOURCE : RESOURCE + namespace + "/";
    resources.keySet().removeIf(name -> name.startsWith(prefix) && !staying.contains(name));
  }

  /// A pool whose new text is bad keeps its last good version; so does, where a document's name
  /// cannot be read, every pool that the document may have been.
  private static Origin merged(@Nullable Origin before, PoolsFile read) {
    Map<PoolId, ModelPool> pools = new LinkedHashMap<>();
    if (before != null) {
      boolean nameless = read.faults().stream().anyMatch(fault -> fault.pool().isEmpty());
      before
          .pools()
          .forEach((id, pool) -> {
            if (nameless
                || read.faults().stream().anyMatch(fault -> fault.pool().equals(id.toString()))) {
              pools.put(id, pool);
            }
          });
    }
    read.pools().forEach(pool -> pools.put(pool.id(), pool));
    return new Origin(pools, read.faults());
  }

  synchronized Picture picture() {
    Map<PoolId, ModelPool> pools = new TreeMap<>();
    List<RejectedPool> rejected = new ArrayList<>();
    files.forEach((name, origin) -> add(name, origin, pools, rejected));
    resources.forEach((name, origin) -> add(name, origin, pools, rejected));
    return new Picture(List.copyOf(pools.values()), rejected);
  }

  private static void add(
      String name, Origin origin, Map<PoolId, ModelPool> pools, List<RejectedPool> rejected) {
    origin
        .pools()
        .forEach((id, pool) -> {
          if (pools.putIfAbsent(id, pool) != null) {
            String problem = "metadata.name: is taken by a pool of another file, which is measured";
            rejected.add(new RejectedPool(name, id.toString(), List.of(problem), true));
          }
        });
    Map<String, List<String>> problems = new LinkedHashMap<>();
    for (PoolFault fault : origin.faults()) {
      String key = fault.document() + " " + fault.pool();
      problems.computeIfAbsent(key, _ -> new ArrayList<>()).add(sentence(fault));
    }
    problems.forEach((key, sentences) -> {
      String pool = key.substring(key.indexOf(' ') + 1);
      boolean served = origin.pools().keySet().stream().anyMatch(id -> id.toString().equals(pool));
      rejected.add(new RejectedPool(name, pool, sentences, served));
    });
  }

  private static String sentence(PoolFault fault) {
    return fault.path().isEmpty() ? fault.problem() : fault.path() + ": " + fault.problem();
  }
}
