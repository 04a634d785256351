package dev.inferscale.app.operate;

import java.io.IOException;

/// Why a command cannot do what it was asked: one sentence that says what to do about it.
final class CommandFault extends IOException {
  private static final long serialVersionUID = 1;

  CommandFault(String sentence) {
    super(sentence);
  }

  String sentence() {
    return String.valueOf(getMessage());
  }
}
