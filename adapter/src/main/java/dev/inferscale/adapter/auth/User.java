package dev.inferscale.adapter.auth;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// Somebody who has been identified, or `system:anonymous`.
///
/// @param uid empty where unknown
/// @param extra further attributes that authorizers may look at, by key
public record User(String name, String uid, List<String> groups, Map<String, List<String>> extra) {
  static final User ANONYMOUS =
      new User("system:anonymous", "", List.of("system:unauthenticated"), Map.of());

  private static final String AUTHENTICATED = "system:authenticated";

  public User {
    groups = List.copyOf(groups);
    extra = Map.copyOf(extra);
  }

  User(String name, List<String> groups) {
    this(name, "", groups, Map.of());
  }

  /// With the group that everybody who is known is in. The aggregator's own calls come without it,
  /// and the rights to discovery are bound to it.
  User known() {
    boolean said = groups.contains(AUTHENTICATED) || groups.contains("system:unauthenticated");
    return said || name.equals(ANONYMOUS.name)
        ? this
        : new User(
            name, uid, Stream.concat(groups.stream(), Stream.of(AUTHENTICATED)).toList(), extra);
  }

  /// True for the group that every Kubernetes server lets do everything.
  boolean isMaster() {
    return groups.contains("system:masters");
  }
}
