package dev.inferscale.adapter.wire;

/// Text from callers and pods inside our sentences: it is data, so it is cut and its control
/// characters are replaced.
public final class Quoted {
  /// Characters of foreign text that we repeat.
  public static final int MAX_LENGTH = 128;

  private Quoted() {}

  /// In single quotes, cut to 64 characters: a sentence has to stay readable around it.
  public static String of(String text) {
    return "'" + cut(text, 64) + "'";
  }

  /// Cut to the length that documents carry.
  public static String plain(String text) {
    return cut(text, MAX_LENGTH);
  }

  /// On one line, without control characters, at most `length` characters long; what was cut shows
  /// as `…`.
  public static String cut(String text, int length) {
    if (text.length() <= length && isPlain(text)) {
      return text;
    }
    StringBuilder out = new StringBuilder(length);
    text.codePoints()
        .limit(length + 1L)
        .map(c -> isControl(c) ? ' ' : c)
        .forEach(out::appendCodePoint);
    if (out.length() > length) {
      boolean splitsPair = Character.isLowSurrogate(out.charAt(length - 1));
      out.setLength(splitsPair ? length - 2 : length - 1);
      out.append('…');
    }
    return out.toString();
  }

  private static boolean isPlain(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (isControl(text.charAt(i)) || Character.isSurrogate(text.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  /// Lone surrogates count too: they have no UTF-8.
  private static boolean isControl(int c) {
    return Character.isISOControl(c)
        || c == '\u2028'
        || c == '\u2029'
        || (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
  }
}
