package dev.inferscale.e2e;

import dev.inferscale.signals.document.Key;
import dev.inferscale.signals.document.Kind;
import dev.inferscale.signals.pool.PoolKeys;
import dev.inferscale.signals.profile.Profiles;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The reference of the ModelPool document: a row for each key that takes a value, and for each
/// mapping that may be left out as a whole.
final class PoolTable {
  /// The shortest document: one pool, one endpoint.
  static final String DOCUMENT =
      """
      {"apiVersion": "inferscale.dev/v1alpha1", "kind": "ModelPool",
       "metadata": {"name": "chat"},
       "spec": {"model": "chat", "source": {"endpoints": ["http://127.0.0.1:8000/metrics"]}}}
      """;

  private PoolTable() {}

  static String table() {
    List<String> readOver = new ArrayList<>();
    return "| key | value | default | what it does |\n|---|---|---|---|\n"
        + rows("", PoolKeys.DOCUMENT, readOver).collect(Collectors.joining())
        + "| "
        + readOver.stream().map(key -> "`" + key + "`").collect(Collectors.joining(", "))
        + " | anything | | read over |\n";
  }

  private static Stream<String> rows(String prefix, Kind.Mapping mapping, List<String> readOver) {
    return mapping.keys().stream()
        .flatMap(key -> {
          String path = prefix + key.name();
          return switch (key.kind()) {
            case Kind.ReadOver _ -> {
              readOver.add(path);
              yield Stream.<String>of();
            }
            case Kind.Mapping inner when key.preset() == null ->
                Stream.concat(Stream.of(row(path, key)), rows(path + ".", inner, readOver));
            case Kind.Mapping inner -> rows(path + ".", inner, readOver);
            case Kind.Listing(Kind.Mapping inner, _, _, _) -> rows(path + "[].", inner, readOver);
            default -> Stream.of(row(path, key));
          };
        });
  }

  private static String row(String path, Key key) {
    String preset = key.preset();
    String standard =
        key.required() != null ? "required" : preset == null ? "" : "`" + preset + "`";
    return "| `%s` | %s | %s | %s |\n".formatted(path, wanted(path, key), standard, key.effect());
  }

  private static String wanted(String path, Key key) {
    return path.equals("spec.engine")
        ? "auto or one of " + String.join(", ", Profiles.bundled().names())
        : key.kind().wanted().replace(" such as 2s, 500ms or 5m,", "");
  }
}
