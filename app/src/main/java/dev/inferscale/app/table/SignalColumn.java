package dev.inferscale.app.table;

import dev.inferscale.signals.profile.Signal;
import java.util.List;
import java.util.Locale;

/// A column of a table with one row per pool: one signal of each, in its unit. All cells are of one
/// width, to the right.
public record SignalColumn(String title, Signal signal) {
  /// What a pool holds, how long requests wait in it, and what it makes.
  public static final List<SignalColumn> LOAD =
      List.of(
          new SignalColumn("TOKENS", Signal.TOKENS_IN_FLIGHT),
          new SignalColumn("WAITING", Signal.REQUESTS_WAITING),
          new SignalColumn("RUNNING", Signal.REQUESTS_RUNNING),
          new SignalColumn("QUEUE WAIT", Signal.QUEUE_WAIT),
          new SignalColumn("TTFT P90", Signal.TIME_TO_FIRST_TOKEN),
          new SignalColumn("TOKENS/S", Signal.GENERATION_TOKENS_PER_SECOND),
          new SignalColumn("KV USE", Signal.KV_CACHE_UTILIZATION));

  /// Its title, as a cell.
  public String head() {
    return cell(title);
  }

  /// A value, as a cell.
  public String cell(double value) {
    return cell(
        switch (signal.unit()) {
          case SECONDS -> seconds(value);
          case RATIO -> String.format(Locale.ROOT, "%.1f %%", 100 * value);
          default -> String.format(Locale.ROOT, "%,.0f", value);
        });
  }

  /// Any text, as a cell.
  public static String cell(String text) {
    return String.format(Locale.ROOT, "%12s", text);
  }

  /// A time as people read it: whole milliseconds below a second, else tenths of a second.
  public static String seconds(double seconds) {
    return seconds < 0.9995
        ? String.format(Locale.ROOT, "%.0f ms", 1e3 * seconds)
        : String.format(Locale.ROOT, "%.1f s", seconds);
  }
}
