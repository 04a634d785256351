package dev.inferscale.app.plane;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/// The YAML files of a folder, or one file, and what changed since they were looked at last. Looks
/// at what the paths lead to, so that the symlinks of a mounted ConfigMap may be swapped any number
/// of times. Not thread-safe.
final class WatchedFiles {
  /// Files whose time and size stay the same are read all the same, every so often.
  private static final int READ_EVERY = 10;

  private final Path path;
  private final int maxBytes;
  private final Map<String, Seen> seen = new HashMap<>();
  private int looks;

  private record Seen(Path real, BasicFileAttributes attributes, int content) {
    boolean same(Path path, BasicFileAttributes now) {
      return real.equals(path)
          && attributes.lastModifiedTime().equals(now.lastModifiedTime())
          && attributes.size() == now.size();
    }
  }

  /// What changed, by the files' names; sorted.
  ///
  /// @param texts new contents
  /// @param faults files that are there but cannot be used, with one sentence each
  /// @param gone files that are no more, each with a sentence
  record Change(
      SortedMap<String, String> texts,
      SortedMap<String, String> faults,
      SortedMap<String, String> gone) {
    boolean isEmpty() {
      return texts.isEmpty() && faults.isEmpty() && gone.isEmpty();
    }
  }

  /// @param path a file, or a folder whose `*.yaml` and `*.yml` are meant
  /// @param maxBytes larger files are not read
  WatchedFiles(Path path, int maxBytes) {
    this.path = path;
    this.maxBytes = maxBytes;
  }

  /// True where one file is meant, whether or not it is there.
  boolean isOneFile() {
    return !Files.isDirectory(path);
  }

  /// What changed since the last call; at the first, all that there is.
  Change look() {
    Change change = new Change(new TreeMap<>(), new TreeMap<>(), new TreeMap<>());
    SortedMap<String, Path> files = files(change);
    boolean readAll = ++looks % READ_EVERY == 0;
    files.forEach((name, file) -> look(name, file, readAll, change));
    for (String name : Map.copyOf(seen).keySet()) {
      if (!files.containsKey(name)) {
        seen.remove(name);
        change.gone().put(name, "does not exist any more");
      }
    }
    return change;
  }

  /// Lets the next look find everything new.
  void forget() {
    seen.clear();
  }

  private SortedMap<String, Path> files(Change change) {
    SortedMap<String, Path> files = new TreeMap<>();
    if (isOneFile()) {
      files.put(path.toString(), path);
      return files;
    }
    try (Stream<Path> entries = Files.list(path)) {
      entries
          .filter(WatchedFiles::isYaml)
          .filter(Files::isRegularFile)
          .forEach(file -> files.put(file.toString(), file));
    } catch (IOException | UncheckedIOException e) {
      change.faults().put(path.toString(), "cannot be read: " + e.getClass().getSimpleName());
      // What could be seen before stays.
      seen.forEach((name, _) -> files.put(name, Path.of(name)));
    }
    return files;
  }

  /// A mounted ConfigMap has further entries, whose names begin with two dots.
  private static boolean isYaml(Path file) {
    String name = file.getFileName().toString();
    return !name.startsWith(".") && (name.endsWith(".yaml") || name.endsWith(".yml"));
  }

  private void look(String name, Path file, boolean read, Change change) {
    try {
      Path real = file.toRealPath();
      BasicFileAttributes attributes = Files.readAttributes(real, BasicFileAttributes.class);
      Seen before = seen.get(name);
      if (!read && before != null && before.same(real, attributes)) {
        return;
      }
      if (attributes.size() > maxBytes) {
        fault(name, "is larger than " + maxBytes + " bytes; split it", change);
        return;
      }
      String text = Files.readString(real);
      seen.put(name, new Seen(real, attributes, text.hashCode()));
      if (before == null || before.content() != text.hashCode()) {
        change.texts().put(name, text);
      }
    } catch (NoSuchFileException e) {
      fault(name, "does not exist", change);
    } catch (CharacterCodingException e) {
      fault(name, "is not UTF-8 text", change);
    } catch (IOException e) {
      fault(name, "cannot be read: " + e.getClass().getSimpleName(), change);
    }
  }

  /// Said again at each look, since it is no content that could be remembered.
  private void fault(String name, String problem, Change change) {
    seen.remove(name);
    change.faults().put(name, problem);
  }
}
