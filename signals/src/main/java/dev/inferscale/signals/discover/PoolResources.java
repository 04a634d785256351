package dev.inferscale.signals.discover;

import com.fasterxml.jackson.databind.JsonNode;
import dev.inferscale.signals.kube.Reflector;
import dev.inferscale.signals.pool.ModelPool;
import dev.inferscale.signals.pool.ModelPoolResource;
import dev.inferscale.signals.pool.PoolId;
import dev.inferscale.signals.pool.PoolsFile;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/// The ModelPool resources of the watched namespaces, put on the shelf as they change.
final class PoolResources implements Reflector.Store<PoolResources.Document> {
  static final String PLURAL = "modelpools";
  static final String API = "/apis/inferscale.dev/v1alpha1";

  private final PoolShelf shelf;
  private final Set<String> allowedHosts;
  private final Supplier<? extends Collection<String>> engines;
  private final Runnable changed;

  /// One resource as it was read.
  record Document(PoolId id, PoolsFile read) {}

  /// @param allowedHosts that a namespaced user may have asked beside pods
  PoolResources(
      PoolShelf shelf,
      Collection<String> allowedHosts,
      Supplier<? extends Collection<String>> engines,
      Runnable changed) {
    this.shelf = shelf;
    this.allowedHosts = Set.copyOf(allowedHosts);
    this.engines = engines;
    this.changed = changed;
  }

  Document read(JsonNode resource) {
    JsonNode metadata = resource.path("metadata");
    PoolId id = new PoolId(metadata.path("namespace").asText(""), metadata.path("name").asText(""));
    return new Document(id, said(resource, engines.get(), allowedHosts));
  }

  /// What one resource says: a pool, or faults.
  static PoolsFile said(
      JsonNode resource, Collection<String> engines, Collection<String> allowedHosts) {
    ModelPoolResource read =
        ModelPoolResource.read(resource, engines, page -> allowedHosts.contains(page.getHost()));
    ModelPool pool = read.pool();
    return new PoolsFile(pool == null ? List.of() : List.of(pool), read.faults());
  }

  @Override
  public void replace(String namespace, List<Document> items) {
    Set<PoolId> ids = new HashSet<>();
    for (Document item : items) {
      ids.add(item.id());
      shelf.resource(item.id(), item.read());
    }
    shelf.resourcesAre(namespace, ids);
    changed.run();
  }

  @Override
  public void put(Document item) {
    shelf.resource(item.id(), item.read());
    changed.run();
  }

  @Override
  public void remove(Document item) {
    shelf.resourceGone(item.id());
    changed.run();
  }
}
