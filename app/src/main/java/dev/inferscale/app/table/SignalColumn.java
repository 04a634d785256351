package dev.inferscale.app.table;

import dev.inferscale.signals.profile.Signal;
import java.util.Locale;

/// A column of a table with one row per pool: one signal of each, in its unit. All cells are of one
/// width, to the right.
public record SignalColumn(String title, Signal signal) {
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
