package dev.inferscale.signals.pool;

/// What is wrong with one key of a pool.
///
/// @param document its number in the file, from 1; 0 for a custom resource
/// @param pool `namespace/name` as far as it could be read, else empty
/// @param path of the key, such as `spec.missing.staleAfter`; empty for the whole document
/// @param problem the value and what would be right
public record PoolFault(int document, String pool, String path, String problem) {

  /// One line for people.
  public String sentence() {
    String where = document == 0 ? "ModelPool" : "document " + document;
    String who = pool.isEmpty() ? "" : " (" + pool + ")";
    return where + who + ": " + (path.isEmpty() ? "" : path + ": ") + problem;
  }
}
