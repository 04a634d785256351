package dev.inferscale.worker.model;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Finds the tokens that are matched in the text itself, before it is split into words.
///
/// The leftmost match wins, of those the longest. Tokens take the white space beside them, or only
/// match between words, as their flags say.
final class AddedTokens {
  /// One token that is matched in text.
  ///
  /// @param singleWord matches only where no letter or digit touches it
  /// @param leftStrip takes the white space before it
  /// @param rightStrip takes the white space after it
  /// @param normalized is looked for in the normalized text, not in the text as given
  /// @param special is left out of text that people read
  record AddedToken(
      int id,
      String content,
      boolean singleWord,
      boolean leftStrip,
      boolean rightStrip,
      boolean normalized,
      boolean special) {}

  /// A stretch of text: an added token, or plain text where `id` is -1.
  record Piece(String text, int id) {
    boolean isPlain() {
      return id < 0;
    }
  }

  private final Map<Character, List<AddedToken>> byFirstCharacter = new HashMap<>();

  AddedTokens(List<AddedToken> tokens) {
    for (AddedToken token : tokens) {
      byFirstCharacter
          .computeIfAbsent(token.content().charAt(0), first -> new ArrayList<>())
          .add(token);
    }
    var longestFirst = Comparator.comparingInt((AddedToken token) -> token.content().length());
    byFirstCharacter.values().forEach(list -> list.sort(longestFirst.reversed()));
  }

  List<Piece> split(String text) {
    var pieces = new ArrayList<Piece>();
    int done = 0;
    for (int at = 0; at < text.length(); ) {
      AddedToken token = match(text, at);
      if (token == null) {
        at++;
        continue;
      }
      int end = at + token.content().length();
      if (token.singleWord() && (isWord(text, at - 1) || isWord(text, end))) {
        at = end;
        continue;
      }
      int start = token.leftStrip() ? Math.max(done, whiteSpaceBefore(text, at)) : at;
      end = token.rightStrip() ? whiteSpaceAfter(text, end) : end;
      if (start > done) {
        pieces.add(new Piece(text.substring(done, start), -1));
      }
      pieces.add(new Piece(token.content(), token.id()));
      done = at = end;
    }
    if (done < text.length()) {
      pieces.add(new Piece(text.substring(done), -1));
    }
    return pieces;
  }

  private @Nullable AddedToken match(String text, int at) {
    for (AddedToken token : byFirstCharacter.getOrDefault(text.charAt(at), List.of())) {
      if (text.startsWith(token.content(), at)) {
        return token;
      }
    }
    return null;
  }

  private static boolean isWord(String text, int at) {
    return at >= 0
        && at < text.length()
        && (Character.isLetterOrDigit(text.charAt(at)) || text.charAt(at) == '_');
  }

  private static int whiteSpaceBefore(String text, int at) {
    while (at > 0 && isWhiteSpace(text.charAt(at - 1))) {
      at--;
    }
    return at;
  }

  private static int whiteSpaceAfter(String text, int at) {
    while (at < text.length() && isWhiteSpace(text.charAt(at))) {
      at++;
    }
    return at;
  }

  /// Unicode's White_Space property, which Java's own predicates differ from by a few characters.
  private static boolean isWhiteSpace(char c) {
    return (c >= '\t' && c <= '\r') || c == 0x85 || Character.isSpaceChar(c);
  }
}
