package dev.inferscale.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The archive of classes by which the launcher shortens starts, in a distribution of its own.
final class ClassArchiveTest {
  private static final Pattern LISTENS = Pattern.compile("metrics API listens");

  @TempDir private Path home;
  @TempDir private Path temporary;

  private Path jar;

  @BeforeEach
  void distribute() throws IOException {
    Path built = SourceTree.root().resolve("app/target");
    Path target = Files.createDirectories(home.resolve("app/target"));
    jar = target.resolve("app-0.1.0-SNAPSHOT.jar");
    Files.copy(built.resolve(jar.getFileName()), jar);
    Files.createSymbolicLink(target.resolve("lib"), built.resolve("lib"));
    Files.copy(Started.launcher(), launcher());
    assertThat(launcher().toFile().setExecutable(true)).isTrue();
  }

  @Test
  void theFirstPlaneThatEndsMakesIt() throws Exception {
    try (Started version = Started.by(launcher(), temporary, "version")) {
      assertThat(version.status()).isZero();
    }
    assertThat(archives()).isEmpty();

    serveOnce();

    assertThat(archives()).hasSize(1);
  }

  @Test
  void newJarsGetANewOneInPlaceOfTheOld() throws Exception {
    serveOnce();
    List<Path> before = archives();
    Files.setLastModifiedTime(
        jar, FileTime.from(Files.getLastModifiedTime(jar).toInstant().plusSeconds(60)));

    serveOnce();

    assertThat(archives()).hasSize(1).doesNotContainAnyElementsOf(before);
  }

  private void serveOnce() throws Exception {
    try (Started plane = Started.plane(launcher(), temporary)) {
      plane.awaitSaid(LISTENS);
      plane.signal("TERM");
      assertThat(plane.status()).isZero();
    }
  }

  private Path launcher() {
    return home.resolve("inferscale");
  }

  private List<Path> archives() throws IOException {
    Path state = home.resolve(".inferscale");
    if (!Files.exists(state)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(state)) {
      return files.filter(file -> file.toString().endsWith(".jsa")).toList();
    }
  }
}
