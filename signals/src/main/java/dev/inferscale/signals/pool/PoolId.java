package dev.inferscale.signals.pool;

/// A pool's identity, always namespace and name: two namespaces may both have a `chat-8b`.
public record PoolId(String namespace, String name) implements Comparable<PoolId> {
  @Override
  public int compareTo(PoolId other) {
    int order = namespace.compareTo(other.namespace);
    return order != 0 ? order : name.compareTo(other.name);
  }

  @Override
  public String toString() {
    return namespace + "/" + name;
  }
}
