package dev.inferscale.signals.discover;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.inferscale.signals.kube.ApiFault;
import dev.inferscale.signals.kube.ApiServer;
import dev.inferscale.signals.pool.ModelPool.ScaleTarget;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;

/// How kinds are called in paths, as the API server's discovery says. Used by one thread.
public final class ResourceNames {
  /// A kind that is not there may come, but not every second.
  private static final Duration ASK_AGAIN = Duration.ofSeconds(30);

  private static final ObjectMapper JSON = new ObjectMapper();

  private final ApiServer server;
  private final InstantSource time;
  private final Map<String, Known> byApiVersion = new HashMap<>();

  /// @param plurals of the kinds that have a scale
  private record Known(Map<String, String> plurals, Instant at) {}

  /// Asks with the first path.
  public ResourceNames(ApiServer server, InstantSource time) {
    this.server = server;
    this.time = time;
  }

  /// The path of one object that has a `scale`.
  ///
  /// @throws ApiFault with 404 where no such kind has a scale
  public String path(String namespace, ScaleTarget target) throws ApiFault, InterruptedException {
    String group = group(target.apiVersion());
    Known known = byApiVersion.get(target.apiVersion());
    boolean old = known == null || known.at().plus(ASK_AGAIN).isBefore(time.instant());
    if (known == null || (!known.plurals().containsKey(target.kind()) && old)) {
      known = new Known(plurals(server.get(group)), time.instant());
      byApiVersion.put(target.apiVersion(), known);
    }
    String plural = known.plurals().get(target.kind());
    if (plural == null) {
      throw ApiFault.of(404);
    }
    return group + "/namespaces/" + namespace + "/" + plural + "/" + encoded(target.name());
  }

  private static String group(String apiVersion) {
    int slash = apiVersion.indexOf('/');
    return slash < 0
        ? "/api/" + encoded(apiVersion)
        : "/apis/"
            + encoded(apiVersion.substring(0, slash))
            + "/"
            + encoded(apiVersion.substring(slash + 1));
  }

  private static String encoded(String segment) {
    return URLEncoder.encode(segment, StandardCharsets.UTF_8);
  }

  private static Map<String, String> plurals(byte[] document) throws ApiFault {
    try {
      JsonNode resources = JSON.readTree(document).path("resources");
      Map<String, String> kinds = new HashMap<>();
      for (JsonNode resource : resources) {
        String name = resource.path("name").asText("");
        if (name.indexOf('/') < 0) {
          kinds.put(name, resource.path("kind").asText(""));
        }
      }
      Map<String, String> plurals = new HashMap<>();
      for (JsonNode resource : resources) {
        String name = resource.path("name").asText("");
        String plural = name.endsWith("/scale") ? name.substring(0, name.length() - 6) : "";
        String kind = kinds.get(plural);
        if (kind != null) {
          plurals.put(kind, plural);
        }
      }
      return plurals;
    } catch (IOException e) {
      throw new ApiFault(ApiFault.NONE, "the API server's list of resources is no JSON");
    }
  }
}
