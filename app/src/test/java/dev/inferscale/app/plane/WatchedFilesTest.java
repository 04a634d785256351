package dev.inferscale.app.plane;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WatchedFilesTest {
  @TempDir Path folder;
  private WatchedFiles files;

  @BeforeEach
  void watch() {
    files = new WatchedFiles(folder, 1000);
  }

  private Path write(String name, String text) throws IOException {
    Path written = Files.writeString(folder.resolve(name), text);
    // Two writes within one tick of the file system's clock would look the same.
    Files.setLastModifiedTime(written, FileTime.fromMillis(1_000L * text.hashCode()));
    return written;
  }

  @Test
  void theFirstLookFindsAllAndTheNextOnlyWhatChanged() throws IOException {
    Path a = write("a.yaml", "1");
    write("b.yml", "2");
    write("README.md", "3");

    assertThat(files.look().texts()).hasSize(2).containsEntry(a.toString(), "1");
    assertThat(files.look().isEmpty()).isTrue();
    write("a.yaml", "4");
    assertThat(files.look().texts()).hasSize(1).containsEntry(a.toString(), "4");
  }

  @Test
  void aFileThatIsGoneIsSaidOnce() throws IOException {
    Path a = write("a.yaml", "1");
    files.look();
    Files.delete(a);

    assertThat(files.look().gone()).containsOnlyKeys(a.toString());
    assertThat(files.look().isEmpty()).isTrue();
  }

  /// As a kubelet updates a mounted ConfigMap: a new folder, then one rename of a symlink.
  @Test
  void symlinkSwapsAreSeenAnyNumberOfTimes() throws IOException {
    Path file = folder.resolve("pools.yaml");
    swap(0);
    Files.createSymbolicLink(file, Path.of("..data", "pools.yaml"));
    assertThat(files.look().texts()).containsEntry(file.toString(), "text 0");

    for (int i = 1; i <= 5; i++) {
      swap(i);
      assertThat(files.look().texts()).containsOnlyKeys(file.toString()).containsValue("text " + i);
      assertThat(files.look().isEmpty()).isTrue();
    }
  }

  private void swap(int number) throws IOException {
    Path next = Files.createDirectory(folder.resolve("..version-" + number));
    Files.writeString(next.resolve("pools.yaml"), "text " + number);
    Path link = folder.resolve("..data_tmp");
    Files.createSymbolicLink(link, next.getFileName());
    Files.move(link, folder.resolve("..data"), StandardCopyOption.ATOMIC_MOVE);
  }

  @Test
  void aChangeThatTimeAndSizeHideIsFoundAllTheSame() throws IOException {
    Path a = write("a.yaml", "1");
    files.look();
    var modified = Files.getLastModifiedTime(a);
    Files.writeString(a, "2");
    Files.setLastModifiedTime(a, modified);

    for (int i = 0; i < 8; i++) {
      assertThat(files.look().isEmpty()).isTrue();
    }
    assertThat(files.look().texts()).containsValue("2");
  }

  @Test
  void whatCannotBeReadIsAFaultAndComesBack() throws IOException {
    Path large = write("a.yaml", "x".repeat(1001));
    assertThat(files.look().faults())
        .containsEntry(large.toString(), "is larger than 1000 bytes; split it");
    Files.write(large, new byte[] {(byte) 0xff, (byte) 0xfe});
    assertThat(files.look().faults()).containsEntry(large.toString(), "is not UTF-8 text");
    write("a.yaml", "1");
    assertThat(files.look().texts()).containsValue("1");
  }

  @Test
  void oneFileThatIsMissingIsAFault() {
    Path absent = folder.resolve("absent.yaml");

    assertThat(new WatchedFiles(absent, 1000).look().faults())
        .containsEntry(absent.toString(), "does not exist");
  }
}
