package dev.inferscale.worker.http;

import dev.inferscale.worker.model.Tokenizer;
import java.util.List;

/// Turns a completion's tokens into its text: decoded, cut at stop strings.
///
/// Not thread-safe.
final class CompletionText {
  private final Tokenizer.Stream decoder;
  private final StopMatcher matcher;
  private int tokens;

  CompletionText(Tokenizer tokenizer, List<String> stops) {
    decoder = tokenizer.stream(true);
    matcher = new StopMatcher(stops);
  }

  /// The text that is decided with these tokens; those after a stop string are not looked at.
  String next(int[] more) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < more.length && !matcher.stopped(); i++) {
      tokens++;
      text.append(matcher.next(decoder.next(more[i])));
    }
    return text.toString();
  }

  /// What is left at the end of the sequence.
  String end() {
    return matcher.stopped() ? "" : matcher.next(decoder.end()) + matcher.end();
  }

  /// Whether a stop string was found.
  boolean stopped() {
    return matcher.stopped();
  }

  /// Tokens that the text was made of, up to the stop string.
  int tokens() {
    return tokens;
  }
}
