package dev.inferscale.app.hpa;

import java.util.List;

/// One line of a document, with its reason.
///
/// @param text with its indentation; empty for a reason that stands alone
/// @param why empty for a line that needs none
record Line(String text, String why) {
  static Line plain(String text) {
    return new Line(text, "");
  }

  Line indented(String by) {
    return text.isEmpty() ? this : new Line(by + text, why);
  }

  /// The document; it ends in a newline. A reason stands above its line: many are longer than a
  /// terminal is wide together.
  static String print(List<Line> lines) {
    StringBuilder document = new StringBuilder();
    for (Line line : lines) {
      String text = line.text();
      if (!line.why().isEmpty()) {
        String indent =
            text.isEmpty() ? "  " : " ".repeat(text.length() - text.stripLeading().length());
        document.append(indent).append("# ").append(line.why()).append('\n');
      }
      if (!text.isEmpty()) {
        document.append(text).append('\n');
      }
    }
    return document.toString();
  }
}
