package dev.inferscale.adapter;

import dev.inferscale.adapter.tally.Call;
import dev.inferscale.adapter.tally.Distribution;
import dev.inferscale.adapter.wire.Surface;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/// What one server has answered since it started.
///
/// @param requests a row for each surface and status that can occur, also where it never did
/// @param calls the same requests in an API server's words, a row for each call and status
/// @param durations of each call, in seconds inside our handler
/// @param inFlight requests that have begun and are not answered yet
/// @param mostInFlight that there may be; what is beyond is answered 503
public record Statistics(
    List<Row> requests,
    List<Called> calls,
    Map<Call, Distribution> durations,
    int inFlight,
    int mostInFlight) {

  /// One surface and one status.
  ///
  /// @param code the HTTP status; 0 stands for any that has no row of its own
  /// @param spent the time inside our handler, summed
  public record Row(Surface surface, int code, long count, Duration spent) {}

  /// One call and one status.
  ///
  /// @param code as in [Row]
  public record Called(Call call, int code, long count) {}

  public Statistics {
    requests = List.copyOf(requests);
    calls = List.copyOf(calls);
    durations = Map.copyOf(durations);
  }

  /// The sum over all rows.
  public long count() {
    return requests.stream().mapToLong(Row::count).sum();
  }
}
