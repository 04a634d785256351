package dev.inferscale.e2e.bed;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/// A folder laid out as a kubelet lays out a mounted ConfigMap with one file: `pools.yaml` leads to
/// `..data/pools.yaml`, `..data` leads to a dated folder, and an update swaps `..data` at once.
final class MountedConfigMap {
  private static final String FILE = "pools.yaml";

  private final Path folder;
  private int versions;

  /// @param folder is made
  MountedConfigMap(Path folder, String text) throws IOException {
    this.folder = Files.createDirectory(folder);
    swap(text);
    Files.createSymbolicLink(file(), Path.of("..data", FILE));
  }

  Path folder() {
    return folder;
  }

  Path file() {
    return folder.resolve(FILE);
  }

  /// The next version, in a folder of its own; the one before is removed, as a kubelet does.
  void swap(String text) throws IOException {
    Path link = folder.resolve("..data");
    Path before = Files.exists(link) ? link.toRealPath() : null;
    versions++;
    Path dated = Files.createDirectory(folder.resolve("..2026_11_28_00_00_0" + versions + ".1"));
    Files.writeString(dated.resolve(FILE), text);
    Path next = Files.createSymbolicLink(folder.resolve("..data_tmp"), dated.getFileName());
    Files.move(next, link, StandardCopyOption.ATOMIC_MOVE);
    if (before != null) {
      Files.delete(before.resolve(FILE));
      Files.delete(before);
    }
  }

  /// The map has no such key any more.
  void remove() throws IOException {
    Files.delete(file());
  }
}
