package dev.inferscale.worker.http;

import java.util.List;

/// Cuts a text at the first of several stop strings while it arrives in pieces. Text that may be
/// the beginning of a stop string is held back until it is decided, so that no character of one is
/// ever let through.
///
/// Not thread-safe.
final class StopMatcher {
  private final List<String> stops;
  private final StringBuilder held = new StringBuilder();
  private boolean stopped;

  /// @param stops none of them empty
  StopMatcher(List<String> stops) {
    this.stops = stops;
  }

  boolean stopped() {
    return stopped;
  }

  /// The text that is decided after this piece; empty once a stop string was found.
  String next(String piece) {
    if (stopped) {
      return "";
    }
    held.append(piece);
    int undecidedFrom = held.length() - undecided();
    int stop = firstStop();
    // A longer stop string may have begun before this one: then wait until that is decided.
    if (stop >= 0 && stop <= undecidedFrom) {
      return cut(stop);
    }
    return release(undecidedFrom);
  }

  /// What was held back, when no more text comes.
  String end() {
    int stop = stopped ? 0 : firstStop();
    return stop >= 0 ? cut(stop) : release(held.length());
  }

  private String cut(int at) {
    stopped = true;
    String text = release(at);
    held.setLength(0);
    return text;
  }

  private int firstStop() {
    return stops.stream().mapToInt(held::indexOf).filter(at -> at >= 0).min().orElse(-1);
  }

  /// Length of the longest end of the held text that some stop string begins with.
  private int undecided() {
    int longest = 0;
    for (String stop : stops) {
      for (int n = Math.min(stop.length() - 1, held.length()); n > longest; n--) {
        if (stop.startsWith(held.substring(held.length() - n))) {
          longest = n;
        }
      }
    }
    return longest;
  }

  private String release(int count) {
    String text = held.substring(0, count);
    held.delete(0, count);
    return text;
  }
}
