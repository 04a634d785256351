package dev.inferscale.signals.pool;

/// What is wrong with one key of a pools file.
///
/// @param document its number in the file, from 1
/// @param pool `namespace/name` as far as it could be read, else empty
/// @param path of the key, such as `spec.missing.staleAfter`; empty for the whole document
/// @param problem the value and what would be right
public record PoolFault(int document, String pool, String path, String problem) {

  /// One line for people.
  public String sentence() {
    String where = "document " + document + (pool.isEmpty() ? "" : " (" + pool + ")");
    return where + ": " + (path.isEmpty() ? "" : path + ": ") + problem;
  }
}
