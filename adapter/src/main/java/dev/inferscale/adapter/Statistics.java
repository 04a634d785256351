package dev.inferscale.adapter;

import dev.inferscale.adapter.wire.Surface;
import java.time.Duration;
import java.util.List;

/// What one server has answered since it started.
///
/// @param requests a row for each surface and status that can occur, also where it never did
public record Statistics(List<Row> requests) {

  /// One surface and one status.
  ///
  /// @param code the HTTP status; 0 stands for any that has no row of its own
  /// @param spent the time inside our handler, summed
  public record Row(Surface surface, int code, long count, Duration spent) {}

  /// The sum over all rows.
  public long count() {
    return requests.stream().mapToLong(Row::count).sum();
  }
}
