package dev.inferscale.adapter.auth;

import dev.inferscale.adapter.wire.Request;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/// What a request wants to do, in the words that rights are given in: either a resource of an API
/// group, or a path.
///
/// @param path empty for a resource
/// @param group empty for a path, as are those after it
/// @param namespace also empty for what lies in none
/// @param name of one object, `*` for all of them in the custom metrics API; empty for a list
record Attributes(
    String verb,
    String path,
    String group,
    String version,
    String namespace,
    String resource,
    String subresource,
    String name) {
  private static final List<String> POOLS = List.of("api", "v1", "pools");
  private static final Set<String> OF_NAMESPACES = Set.of("status", "finalize");

  /// By the path alone.
  static Attributes ofPath(Request request) {
    String path = "/" + String.join("/", request.path());
    return new Attributes(verb(request.method()), path, "", "", "", "", "", "");
  }

  /// As the observation API is read: a pool is the ModelPool, so that whoever may read those of a
  /// namespace may see what is measured there; all else is a path. Its own path says too little:
  /// Kubernetes' role `system:discovery` gives every account each path below `/api/`.
  static Attributes ofObservation(Request request) {
    List<String> path = request.path();
    if (path.size() < POOLS.size() || !path.subList(0, POOLS.size()).equals(POOLS)) {
      return ofPath(request);
    }
    String name = request.segment(4);
    String verb = resourceVerb(request, name);
    String namespace = request.segment(3);
    return new Attributes(
        verb, "", "inferscale.dev", "v1alpha1", namespace, "modelpools", "", name);
  }

  /// As Kubernetes' API servers read a path: below `/apis/GROUP/VERSION` it names a resource. Names
  /// are folded to lower case, as they are when they are looked up.
  static Attributes ofApi(Request request) {
    List<String> path = request.path();
    if (path.size() < 4 || !path.getFirst().equals("apis")) {
      return ofPath(request);
    }
    List<String> below = path.subList(3, path.size());
    String namespace = "";
    if (below.getFirst().equals("namespaces") && below.size() > 1) {
      namespace = below.get(1);
      boolean ofItself = below.size() <= 2 || OF_NAMESPACES.contains(below.get(2));
      below = ofItself ? below : below.subList(2, below.size());
    }
    String name = below.size() > 1 ? below.get(1) : "";
    String verb = resourceVerb(request, name);
    return new Attributes(
        verb,
        "",
        path.get(1),
        path.get(2),
        namespace,
        below.getFirst().toLowerCase(Locale.ROOT),
        below.size() > 2 ? below.get(2).toLowerCase(Locale.ROOT) : "",
        below.getFirst().equals("metrics") ? name.toLowerCase(Locale.ROOT) : name);
  }

  boolean isResource() {
    return path.isEmpty();
  }

  /// Together with its user's this is what a judgement costs to remember.
  int length() {
    return path.length()
        + group.length()
        + version.length()
        + namespace.length()
        + resource.length()
        + subresource.length()
        + name.length();
  }

  /// Why somebody may not, word for word as Kubernetes says it.
  ///
  /// @param reason of who decided; may be empty
  String forbidden(String user, String reason) {
    String because = reason.isEmpty() ? "" : ": " + reason;
    if (!isResource()) {
      return "forbidden: User \"%s\" cannot %s path \"%s\"".formatted(user, verb, path) + because;
    }
    String qualified = group.isEmpty() ? resource : resource + "." + group;
    String object = name.isEmpty() ? qualified : qualified + " \"" + name + "\"";
    String what = subresource.isEmpty() ? resource : resource + "/" + subresource;
    String where =
        namespace.isEmpty() ? "at the cluster scope" : "in the namespace \"" + namespace + "\"";
    return "%s is forbidden: User \"%s\" cannot %s resource \"%s\" in API group \"%s\" %s"
            .formatted(object, user, verb, what, group, where)
        + because;
  }

  private static String resourceVerb(Request request, String name) {
    String verb = verb(request.method());
    if (!verb.equals("get") || !name.isEmpty()) {
      return switch (verb) {
        case "post" -> "create";
        case "put" -> "update";
        case "delete" -> name.isEmpty() ? "deletecollection" : "delete";
        default -> verb;
      };
    }
    return request.query().isTrue("watch") ? "watch" : "list";
  }

  /// A HEAD needs no more than a GET, since the same is read.
  private static String verb(String method) {
    return method.equals("HEAD") ? "get" : method.toLowerCase(Locale.ROOT);
  }
}
