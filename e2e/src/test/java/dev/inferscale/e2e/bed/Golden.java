package dev.inferscale.e2e.bed;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.e2e.SourceTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;

/// What a command is expected to print, in a file of its own. `-Dgoldens.update` writes the files
/// anew; then look at what changed.
final class Golden {
  private static final Path FOLDER = SourceTree.root().resolve("e2e/src/test/resources/goldens");

  private static final Pattern TIME =
      Pattern.compile("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z");

  private static final Pattern AGE = Pattern.compile("(?<![\\w.])\\d+(\\.\\d+)? ?m?s\\b");

  private Golden() {}

  /// Compares, with times and ages masked; spaces that align a column with a masked one do not
  /// count.
  ///
  /// @param name of the file
  static void assertPrinted(String name, String printed) throws IOException {
    String masked = masked(printed);
    Path file = FOLDER.resolve(name);
    if (System.getProperty("goldens.update") != null) {
      Files.createDirectories(FOLDER);
      Files.writeString(file, masked, UTF_8);
    }
    assertThat(masked).as(name).isEqualTo(Files.readString(file, UTF_8));
  }

  private static String masked(String printed) {
    String timeless = TIME.matcher(printed).replaceAll("TIME");
    return AGE.matcher(timeless)
        .replaceAll("AGE")
        .lines()
        .map(line -> line.stripTrailing().replaceAll("(?<=\\S) {2,}", "   "))
        .reduce("", (text, line) -> text + line + "\n");
  }
}
