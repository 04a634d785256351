package dev.inferscale.signals.discover;

import com.fasterxml.jackson.databind.JsonNode;
import dev.inferscale.signals.kube.ApiServer;
import dev.inferscale.signals.kube.Reflector;
import dev.inferscale.signals.kube.Reflector.Collection;
import dev.inferscale.signals.pool.PoolId;
import dev.inferscale.signals.pool.PoolsFile;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The ModelPool resources as they stand in the cluster, status and generation included: what who
/// writes their status must know beside what [Discovery] tells who measures them. While the API
/// server is away, what was last seen stays.
public final class ResourceWatch implements AutoCloseable {
  private final Supplier<? extends java.util.Collection<String>> engines;
  private final List<String> allowedHosts;
  private final InstantSource time;
  private final Map<PoolId, Resource> known = new ConcurrentHashMap<>();
  private final List<Reflector<Document>> reflectors = new ArrayList<>();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final ApiServer server;

  /// One resource.
  ///
  /// @param uid differs from that of an earlier resource of the same name
  /// @param version of the whole document, status included; only equality means something
  /// @param status as it stands; a missing node where there is none
  /// @param read what its spec says: one pool, or faults
  /// @param since when this generation was first seen here
  public record Resource(
      PoolId id,
      String uid,
      long generation,
      String version,
      JsonNode status,
      PoolsFile read,
      Instant since) {}

  /// @param tree as the API server gave it
  private record Document(PoolId id, JsonNode tree) {
    static Document of(JsonNode tree) {
      JsonNode metadata = tree.path("metadata");
      return new Document(
          new PoolId(metadata.path("namespace").asText(""), metadata.path("name").asText("")),
          tree);
    }
  }

  /// Looks for nothing before [#start].
  ///
  /// @param engines the profiles there are
  public ResourceWatch(
      DiscoverConfig config,
      Supplier<? extends java.util.Collection<String>> engines,
      InstantSource time) {
    this.engines = engines;
    this.allowedHosts = config.allowedEndpointHosts();
    this.time = time;
    this.server = new ApiServer(config.access());
    List<String> scopes = config.namespaces().isEmpty() ? List.of("") : config.namespaces();
    for (String scope : scopes) {
      String within = scope.isEmpty() ? "/" : "/namespaces/" + scope + "/";
      Collection there =
          new Collection(
              PoolResources.PLURAL, PoolResources.API + within + PoolResources.PLURAL, scope, "");
      reflectors.add(
          new Reflector<>(server, there, Document::of, new Kept(), time, Reflector.Timing.USUAL));
    }
  }

  /// Begins to watch.
  public void start() {
    reflectors.forEach(threads::execute);
  }

  /// All resources as far as they are known now.
  public List<Resource> now() {
    return List.copyOf(known.values());
  }

  /// What the watches tell.
  private final class Kept implements Reflector.Store<Document> {
    @Override
    public void replace(String namespace, List<Document> items) {
      Set<PoolId> staying = new HashSet<>();
      for (Document item : items) {
        put(item);
        staying.add(item.id());
      }
      known
          .keySet()
          .removeIf(id ->
              (namespace.isEmpty() || id.namespace().equals(namespace)) && !staying.contains(id));
    }

    @Override
    public void put(Document item) {
      known.compute(item.id(), (_, before) -> resource(item, before));
    }

    @Override
    public void remove(Document item) {
      known.remove(item.id());
    }
  }

  private Resource resource(Document item, @Nullable Resource before) {
    JsonNode metadata = item.tree().path("metadata");
    String uid = metadata.path("uid").asText("");
    long generation = metadata.path("generation").asLong(0);
    Instant since =
        before != null && before.uid().equals(uid) && before.generation() == generation
            ? before.since()
            : time.instant();
    return new Resource(
        item.id(),
        uid,
        generation,
        metadata.path("resourceVersion").asText(""),
        item.tree().path("status"),
        PoolResources.said(item.tree(), engines.get(), allowedHosts),
        since);
  }

  /// Ends all threads and waits for them.
  @Override
  public void close() {
    threads.shutdownNow();
    threads.close();
    server.close();
  }
}
