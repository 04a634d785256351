package dev.inferscale.signals.pool;

import com.fasterxml.jackson.databind.JsonNode;
import dev.inferscale.signals.document.Quoted;
import dev.inferscale.signals.pool.ModelPool.Endpoints;
import dev.inferscale.signals.pool.ModelPool.Source;
import java.net.URI;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// What a custom resource says: a pool, or everything that is wrong with it. It is read as a
/// document of a [PoolsFile] is; its status and what the API server puts into its metadata are read
/// over. Its pods are those of its own namespace, which the API server vouches for.
///
/// @param pool null where there are faults
/// @param faults in the order of the keys; empty where all is well; their document is 0
public record ModelPoolResource(@Nullable ModelPool pool, List<PoolFault> faults) {

  public ModelPoolResource {
    faults = List.copyOf(faults);
  }

  /// Reads one resource.
  ///
  /// @param engines the profiles there are; empty where any name is believed
  /// @param allowed whether the operator lets users of namespaces make the plane ask this page:
  ///   without that, whoever may create a pool could reach whatever the plane can
  public static ModelPoolResource read(
      JsonNode resource, Collection<String> engines, Predicate<URI> allowed) {
    ModelPoolReader.Result result = ModelPoolReader.read(resource, 0, engines);
    ModelPool pool = result.pool();
    if (pool == null) {
      return new ModelPoolResource(null, result.faults());
    }
    List<PoolFault> refused = refused(pool, allowed);
    return new ModelPoolResource(refused.isEmpty() ? pool : null, refused);
  }

  private static List<PoolFault> refused(ModelPool pool, Predicate<URI> allowed) {
    List<PoolFault> faults = new ArrayList<>();
    refuse(pool, "source", pool.source(), allowed, faults);
    refuse(pool, "front", pool.front(), allowed, faults);
    return faults;
  }

  private static void refuse(
      ModelPool pool,
      String key,
      @Nullable Source asked,
      Predicate<URI> allowed,
      List<PoolFault> faults) {
    if (asked instanceof Endpoints(List<URI> pages)) {
      for (int i = 0; i < pages.size(); i++) {
        if (!allowed.test(pages.get(i))) {
          String problem =
              "names "
                  + Quoted.text(String.valueOf(pages.get(i).getAuthority()))
                  + ", which kubernetes.allowedEndpointHosts does not; select pods, or have it added";
          String path = "spec." + key + ".endpoints[" + i + "]";
          faults.add(new PoolFault(0, pool.id().toString(), path, problem));
        }
      }
    }
  }
}
