package dev.inferscale.signals;

import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/// What the plane has done since it started, for its own metrics page.
///
/// @param fetches by outcome: `read`, or the word of a fault; all are listed from the start
/// @param defects lines of metrics pages that could not be used
/// @param folds snapshots published
/// @param foldFaults folds and notifications that failed, which only a bug makes them do
/// @param foldTime spent in folds, all together
/// @param lastFoldAge since the latest snapshot was published
/// @param mailboxDepth outcomes that wait for the fold thread
public record PlaneStatistics(
    Map<String, Long> fetches,
    long defects,
    long folds,
    long foldFaults,
    Duration foldTime,
    Duration lastFoldAge,
    int mailboxDepth,
    int mailboxCapacity,
    int pools,
    int targets) {
  public PlaneStatistics {
    fetches = Collections.unmodifiableMap(new LinkedHashMap<>(fetches));
  }
}
