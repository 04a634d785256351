package dev.inferscale.signals.pool;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.HexFormat;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/// Turns model names into legal label values. Model names hold `/` and `:`, which a Kubernetes
/// selector refuses.
public final class ModelAliases {
  private static final int MAX_LENGTH = 63;
  private static final int HASH_LENGTH = 8;

  private ModelAliases() {}

  /// Gives each model its alias: illegal characters become `_`, at most 63 characters, and models
  /// that would share one get the start of their SHA-256 appended. A function of the set of names
  /// alone, so that two replicas agree; a name that is legal as it stands always keeps it.
  public static SortedMap<String, String> of(Collection<String> models) {
    Map<String, TreeSet<String>> byAlias =
        new TreeSet<>(models)
            .stream()
                .collect(
                    Collectors.groupingBy(
                        ModelAliases::plain, Collectors.toCollection(TreeSet::new)));
    SortedMap<String, String> aliases = new TreeMap<>();
    byAlias.forEach((alias, sharing) -> {
      for (String model : sharing) {
        boolean keeps = sharing.size() == 1 || model.equals(alias);
        aliases.put(model, keeps ? alias : withHash(alias, model));
      }
    });
    return aliases;
  }

  private static String plain(String model) {
    String legal = trim(model.replaceAll("[^A-Za-z0-9._-]", "_"));
    if (legal.isEmpty()) {
      return hash(model);
    }
    return legal.length() <= MAX_LENGTH ? legal : trim(legal.substring(0, MAX_LENGTH));
  }

  /// A label value begins and ends with a letter or a digit.
  private static String trim(String text) {
    return text.replaceAll("^[._-]+|[._-]+$", "");
  }

  private static String withHash(String alias, String model) {
    int room = MAX_LENGTH - HASH_LENGTH - 1;
    String stem = alias.length() <= room ? alias : alias.substring(0, room);
    return stem + "-" + hash(model);
  }

  private static String hash(String model) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(model.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest).substring(0, HASH_LENGTH);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
