package dev.inferscale.app.quickstart;

import java.io.PrintStream;
import java.util.List;

/// Where quickstart shows things: a terminal, on which the table is drawn over the previous one, or
/// plain lines.
final class Screen {
  /// Plain output repeats the table only every so many times: it is read later, not watched.
  private static final int PLAIN_EVERY = 5;

  private static final String CLEAR_LINE = "\u001b[2K";

  private final PrintStream out;
  private final boolean terminal;
  private int tables;

  Screen(PrintStream out, boolean terminal) {
    this.out = out;
    this.terminal = terminal;
  }

  void say(String line) {
    out.println(line);
  }

  /// Text that goes on where the last piece ended.
  void piece(String text) {
    out.print(text);
    out.flush();
  }

  void table(List<String> lines) {
    if (terminal) {
      if (tables > 0) {
        out.print("\u001b[" + lines.size() + "A"); // the cursor up
      }
      lines.forEach(line -> out.println(CLEAR_LINE + line));
    } else if (tables % PLAIN_EVERY == 0) {
      lines.forEach(out::println);
    }
    tables++;
    out.flush();
  }
}
