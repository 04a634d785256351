package dev.inferscale.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/// The texts of the repository this test was built from.
public final class SourceTree {
  private static final int MAX_BYTES = 4 * 1024 * 1024;
  private static final Set<String> NOT_OURS =
      Set.of(".git", "target", ".idea", ".vscode", ".inferscale");

  private SourceTree() {}

  /// The folder that holds the modules.
  public static Path root() {
    Path folder = Path.of(System.getProperty("basedir", "")).toAbsolutePath().normalize();
    return Stream.iterate(folder, path -> path != null, Path::getParent)
        .filter(path -> Files.exists(path.resolve("e2e/pom.xml")))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("no root above " + folder));
  }

  /// All text files by their path from the root, with slashes. Binary and very large files are left
  /// out.
  static Map<String, String> texts() {
    Map<String, String> texts = new LinkedHashMap<>();
    try {
      Files.walkFileTree(root(), new Reader(texts));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return texts;
  }

  private static final class Reader extends SimpleFileVisitor<Path> {
    private final Path root = root();
    private final Map<String, String> texts;

    Reader(Map<String, String> texts) {
      this.texts = texts;
    }

    @Override
    public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
      return NOT_OURS.contains(folder.getFileName().toString())
          ? FileVisitResult.SKIP_SUBTREE
          : FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
      boolean ours = !NOT_OURS.contains(file.getFileName().toString()); // .git may be a file
      if (ours && attributes.isRegularFile() && attributes.size() <= MAX_BYTES) {
        String text = new String(Files.readAllBytes(file), UTF_8);
        if (text.indexOf('\0') < 0) {
          texts.put(root.relativize(file).toString().replace('\\', '/'), text);
        }
      }
      return FileVisitResult.CONTINUE;
    }
  }
}
