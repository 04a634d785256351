package dev.inferscale.app.quickstart;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// A folder for what the workers log, which goes away at the end unless somebody should read it.
final class WorkerLogs implements AutoCloseable {
  private final Path folder;
  private final List<Path> files = new ArrayList<>();
  private volatile boolean kept;

  private WorkerLogs(Path folder) {
    this.folder = folder;
  }

  static WorkerLogs create() throws IOException {
    return new WorkerLogs(Files.createTempDirectory("inferscale-quickstart-"));
  }

  /// The file of one worker.
  synchronized Path of(int worker) {
    Path file = folder.resolve("worker-" + worker + ".log");
    files.add(file);
    return file;
  }

  /// Something went wrong: whoever is told so may want to look.
  void keep() {
    kept = true;
  }

  @Override
  public synchronized void close() throws IOException {
    if (kept) {
      return;
    }
    for (Path file : files) {
      Files.deleteIfExists(file);
    }
    Files.deleteIfExists(folder);
  }
}
