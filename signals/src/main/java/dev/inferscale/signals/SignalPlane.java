package dev.inferscale.signals;

import dev.inferscale.signals.snapshot.Snapshot;

/// SKELETON of the face that servers use; the real class starts discovery, scraping and the fold
/// thread.
public interface SignalPlane extends AutoCloseable {
  /// The latest picture; never null, never waits.
  Snapshot latest();

  @Override
  void close();
}
