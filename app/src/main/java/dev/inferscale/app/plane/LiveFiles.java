package dev.inferscale.app.plane;

import dev.inferscale.signals.EnginePages;
import dev.inferscale.signals.discover.Discovery;
import dev.inferscale.signals.pool.PoolFault;
import dev.inferscale.signals.pool.PoolsFile;
import dev.inferscale.signals.profile.Profile;
import dev.inferscale.signals.profile.Profiles;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The files with pools and profiles: what is good in them is used, what is bad is said once, and
/// its last good version stays. Used by one thread at a time.
final class LiveFiles {
  private static final Logger LOG = LoggerFactory.getLogger(LiveFiles.class);
  private static final int MAX_PROFILE_BYTES = 1 << 20;

  private final Optional<WatchedFiles> pools;
  private final Optional<WatchedFiles> profiles;
  private final EnginePages pages;
  private final Discovery discovery;
  private final BiConsumer<String, String> told;
  private final SortedMap<String, Profile> users = new TreeMap<>();
  private final Map<String, String> complaints = new HashMap<>();
  private final Map<String, String> unreadable = new HashMap<>();

  /// @param pools a file or folder, or empty for none
  /// @param profiles a folder or file
  /// @param told is given each fault, with the file's name, when it is new
  LiveFiles(
      String pools,
      Optional<Path> profiles,
      EnginePages pages,
      Discovery discovery,
      BiConsumer<String, String> told) {
    this.pools =
        pools.isEmpty()
            ? Optional.empty()
            : Optional.of(new WatchedFiles(Path.of(pools), PoolsFile.MAX_CHARACTERS));
    this.profiles = profiles.map(path -> new WatchedFiles(path, MAX_PROFILE_BYTES));
    this.pages = pages;
    this.discovery = discovery;
    this.told = told;
  }

  /// Takes in what changed.
  void look() {
    profiles.map(WatchedFiles::look).filter(change -> !change.isEmpty()).ifPresent(this::profiles);
    pools.map(WatchedFiles::look).ifPresent(this::pools);
  }

  private void profiles(WatchedFiles.Change change) {
    change.faults().forEach((name, problem) -> complain(name, problem));
    change
        .gone()
        .keySet()
        .forEach(name -> {
          users.remove(name);
          complaints.remove(name);
        });
    change
        .texts()
        .forEach((name, text) -> {
          try {
            users.put(name, Profile.parse(text));
            complaints.remove(name);
          } catch (IllegalArgumentException e) {
            complain(name, String.valueOf(e.getMessage()));
          }
        });
    if (!change.texts().isEmpty() || !change.gone().isEmpty()) {
      pages.use(Profiles.bundled().with(List.copyOf(users.values())));
      // A pool may name a profile that has come or gone.
      pools.ifPresent(WatchedFiles::forget);
      discovery.enginesChanged();
    }
  }

  private void pools(WatchedFiles.Change change) {
    change
        .texts()
        .forEach((name, text) -> {
          PoolsFile read = PoolsFile.parse(text, pages.engines());
          List<String> problems = new ArrayList<>();
          read.faults().stream().map(PoolFault::sentence).forEach(problems::add);
          if (problems.isEmpty()) {
            complaints.remove(name);
          } else {
            complain(name, String.join("\n", problems));
          }
          LOG.atInfo()
              .addKeyValue("file", name)
              .addKeyValue("pools", read.pools().size())
              .log("read");
          unreadable.remove(name);
          discovery.file(name, read);
        });
    change
        .faults()
        .forEach((name, problem) -> {
          unreadable.put(name, problem);
          if (complain(name, problem)) {
            discovery.fileFault(name, problem);
          }
        });
    change
        .gone()
        .keySet()
        .forEach(name -> {
          complaints.remove(name);
          unreadable.remove(name);
          discovery.fileGone(name);
        });
  }

  /// Says a fault unless it was said last.
  private boolean complain(String name, String problem) {
    if (problem.equals(complaints.put(name, problem))) {
      return false;
    }
    for (String line : problem.split("\n", -1)) {
      told.accept(name, line);
    }
    return true;
  }

  /// True where something was found that cannot be used.
  boolean complains() {
    return !complaints.isEmpty();
  }

  /// Files of pools that cannot be read at all, each with what is wrong.
  Map<String, String> unreadable() {
    return Map.copyOf(unreadable);
  }
}
