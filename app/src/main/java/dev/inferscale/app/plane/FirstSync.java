package dev.inferscale.app.plane;

import dev.inferscale.launch.OpsPages;
import dev.inferscale.signals.snapshot.Pool;
import dev.inferscale.signals.snapshot.Snapshot;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Whether a plane that has just started knows enough to be asked: the first lists of pools and
/// pods are in, and each target found then has been asked once, whatever came of it. Bounded: where
/// the API server is away or a page hangs, the plane takes questions all the same after a while and
/// says of each pool why it has no value. What was true once stays true.
///
/// Thread-safe: told by the thread that discovers, asked by those that serve.
final class FirstSync implements OpsPages.Check {
  /// The check's name on `/readyz?verbose`.
  static final String NAME = "pool-sync";

  private static final int MOST_NAMED = 3;

  private final Supplier<Snapshot> snapshots;
  private final InstantSource time;
  private final Instant giveUp;
  private volatile @Nullable Instant told;
  private volatile boolean done;

  /// @param snapshots the latest, at any time, without waiting
  /// @param time the clock that snapshots are stamped with
  /// @param most for so long from now on it may hold a plane back
  FirstSync(Supplier<Snapshot> snapshots, InstantSource time, Duration most) {
    this.snapshots = snapshots;
    this.time = time;
    this.giveUp = time.instant().plus(most);
  }

  /// All that there is to measure has been handed to the fold.
  void complete() {
    if (told == null) {
      told = time.instant();
    }
  }

  /// True once the plane has waited for as long as it may, whatever came of it.
  boolean isOver() {
    return time.instant().isAfter(giveUp);
  }

  /// True where nothing is left to wait for.
  boolean reached() {
    done = done || isOver() || waitsFor().isEmpty();
    return done;
  }

  @Override
  public Optional<String> fault() {
    return reached() ? Optional.empty() : waitsFor();
  }

  private Optional<String> waitsFor() {
    Instant listed = told;
    if (listed == null) {
      return Optional.of("pools and pods have not been listed yet");
    }
    Snapshot snapshot = snapshots.get();
    if (!snapshot.at().isAfter(listed)) {
      return Optional.of("what was listed has not been folded yet");
    }
    List<String> silent =
        snapshot.pools().values().stream()
            .filter(pool -> !pool.hasFirstAnswers())
            .map(Pool::id)
            .map(id -> id.namespace() + "/" + id.name())
            .toList();
    return silent.isEmpty()
        ? Optional.empty()
        : Optional.of(
            silent.size()
                + " pools wait for their first answers: "
                + String.join(", ", silent.subList(0, Math.min(MOST_NAMED, silent.size()))));
  }
}
