package dev.inferscale.adapter.wire;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Query parameters, decoded, in the order of their first appearance.
public final class Query {
  /// Parameters in one query; no client of ours sends more than a handful.
  public static final int MAX_PARAMETERS = 32;

  private static final Query EMPTY = new Query(Map.of());

  private final Map<String, List<String>> values;

  private Query(Map<String, List<String>> values) {
    this.values = values;
  }

  static Query parse(String raw) throws MalformedRequest {
    if (raw.isEmpty()) {
      return EMPTY;
    }
    Map<String, List<String>> values = new LinkedHashMap<>();
    int count = 0;
    int start = 0;
    while (start <= raw.length()) {
      int ampersand = raw.indexOf('&', start);
      int end = ampersand < 0 ? raw.length() : ampersand;
      if (end > start) {
        if (++count > MAX_PARAMETERS) {
          throw new MalformedRequest("the query has more than " + MAX_PARAMETERS + " parameters");
        }
        add(values, raw.substring(start, end));
      }
      start = end + 1;
    }
    return new Query(Collections.unmodifiableMap(values));
  }

  private static void add(Map<String, List<String>> values, String pair) throws MalformedRequest {
    int equals = pair.indexOf('=');
    String name = PercentCoding.decodeQuery(equals < 0 ? pair : pair.substring(0, equals));
    String value = equals < 0 ? "" : PercentCoding.decodeQuery(pair.substring(equals + 1));
    values.computeIfAbsent(name, _ -> new ArrayList<>(1)).add(value);
  }

  public boolean has(String name) {
    return values.containsKey(name);
  }

  /// The first value of that name, empty where there is none.
  public String first(String name) {
    List<String> all = values.get(name);
    return all == null ? "" : all.getFirst();
  }

  /// Every value of that name, in order.
  public List<String> all(String name) {
    return Collections.unmodifiableList(values.getOrDefault(name, List.of()));
  }

  /// A flag as Kubernetes reads one: given and neither `false` nor `0`.
  public boolean isTrue(String name) {
    return has(name) && !first(name).equals("false") && !first(name).equals("0");
  }

  /// What is wrong with the names: one that nobody knows, or one given twice. A misspelt
  /// `labelSelector` that is quietly ignored answers for every pool.
  public Optional<String> fault(Set<String> known) {
    for (Map.Entry<String, List<String>> entry : values.entrySet()) {
      String name = entry.getKey();
      if (!known.contains(name)) {
        return Optional.of("unknown query parameter " + Quoted.of(name) + hint(name, known));
      }
      if (entry.getValue().size() > 1) {
        return Optional.of("query parameter '" + name + "' is given more than once; give it once");
      }
    }
    return Optional.empty();
  }

  private static String hint(String name, Set<String> known) {
    List<String> near = Nearest.to(name, known, 1);
    return near.isEmpty() ? "; remove it" : "; did you mean '" + near.getFirst() + "'?";
  }
}
