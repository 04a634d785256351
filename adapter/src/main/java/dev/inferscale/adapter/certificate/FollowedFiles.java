package dev.inferscale.adapter.certificate;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Files that are used together, and what was made of them last. Their contents are compared with
/// what was seen before, so that symlink swaps and plain writes look alike, any number of times.
/// What cannot be used is said once, and what was used before stays. One thread looks; any may ask.
///
/// @param <T> what is made of them
final class FollowedFiles<T> {
  private static final Logger LOG = LoggerFactory.getLogger(FollowedFiles.class);
  private static final int MAX_FILE_BYTES = 1 << 20;

  private final String what;
  private final List<Path> files;
  private final Maker<T> maker;

  /// What the files held when they were last looked at, good or not.
  private List<byte[]> seen;

  /// What is wrong with that; empty where nothing is.
  private String verdict = "";

  private volatile T current;

  /// What is wrong with the files now; empty where nothing is.
  private volatile String fault = "";

  /// Makes something of contents.
  @FunctionalInterface
  interface Maker<T> {
    /// What contents come to.
    ///
    /// @param contents of the files, in their order
    /// @throws GeneralSecurityException with a sentence, where they cannot be used
    T of(List<byte[]> contents) throws GeneralSecurityException;
  }

  /// Uses what the files hold now.
  ///
  /// @param what they are, for logs
  /// @throws IOException where one cannot be read
  /// @throws GeneralSecurityException where they cannot be used
  FollowedFiles(String what, List<Path> files, Maker<T> maker)
      throws IOException, GeneralSecurityException {
    this.what = what;
    this.files = List.copyOf(files);
    this.maker = maker;
    this.seen = read();
    this.current = maker.of(seen);
  }

  /// What was last made of them.
  T current() {
    return current;
  }

  /// Looks once, and uses what is new.
  ///
  /// @return what was made of it
  Optional<T> look() {
    Optional<T> made = Optional.empty();
    try {
      List<byte[]> contents = read();
      if (!same(contents)) {
        seen = contents;
        made = made(contents);
      }
      find(verdict);
    } catch (IOException unreadable) {
      find(sentence(unreadable));
    }
    return made;
  }

  private Optional<T> made(List<byte[]> contents) {
    try {
      current = maker.of(contents);
      verdict = "";
      return Optional.of(current);
    } catch (GeneralSecurityException | RuntimeException bad) {
      // The JDK's parsers throw more than they declare.
      verdict = sentence(bad);
      return Optional.empty();
    }
  }

  /// What is wrong with the files now.
  Optional<String> fault() {
    return fault.isEmpty() ? Optional.empty() : Optional.of(fault);
  }

  /// One sentence about a failure to read or to use a file.
  static String sentence(Exception failure) {
    return switch (failure) {
      case NoSuchFileException missing -> missing.getMessage() + " does not exist";
      case AccessDeniedException denied -> denied.getMessage() + " may not be read";
      default -> String.valueOf(failure.getMessage());
    };
  }

  private void find(String now) {
    if (!now.isEmpty() && !now.equals(fault)) {
      LOG.atWarn()
          .addKeyValue("files", files)
          .addKeyValue("why", now)
          .log("new {} cannot be used; what was read before stays", what);
    }
    fault = now;
  }

  private boolean same(List<byte[]> contents) {
    for (int i = 0; i < contents.size(); i++) {
      if (!Arrays.equals(contents.get(i), seen.get(i))) {
        return false;
      }
    }
    return true;
  }

  private List<byte[]> read() throws IOException {
    List<byte[]> contents = new ArrayList<>();
    for (Path file : files) {
      try (InputStream in = Files.newInputStream(file)) {
        byte[] bytes = in.readNBytes(MAX_FILE_BYTES + 1);
        if (bytes.length > MAX_FILE_BYTES) {
          throw new IOException(file + " is larger than " + MAX_FILE_BYTES + " bytes");
        }
        contents.add(bytes);
      }
    }
    return contents;
  }
}
