package dev.inferscale.adapter.auth;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// The headers of a request that a test makes up; names as they are written.
record ShownHeaders(Map<String, List<String>> map) implements Caller.Headers {
  static ShownHeaders of(String... pairs) {
    Map<String, List<String>> map = new TreeMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      map.computeIfAbsent(pairs[i], _ -> new ArrayList<>()).add(pairs[i + 1]);
    }
    return new ShownHeaders(map);
  }

  @Override
  public List<String> all(String name) {
    return map.entrySet().stream()
        .filter(each -> each.getKey().equalsIgnoreCase(name))
        .flatMap(each -> each.getValue().stream())
        .toList();
  }

  @Override
  public Collection<String> names() {
    return map.keySet();
  }
}
