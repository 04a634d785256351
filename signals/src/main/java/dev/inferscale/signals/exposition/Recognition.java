package dev.inferscale.signals.exposition;

import org.jspecify.annotations.Nullable;

/// Tells from its first bytes that a page is something else than metrics text.
final class Recognition {
  private static final int LOOKED_AT = 1024;
  private static final int BYTE_ORDER_MARK_LENGTH = 3;

  private Recognition() {}

  /// Where the text starts: after a byte order mark.
  static int start(byte[] body) {
    boolean marked =
        body.length >= BYTE_ORDER_MARK_LENGTH
            && (body[0] & 0xff) == 0xef
            && (body[1] & 0xff) == 0xbb
            && (body[2] & 0xff) == 0xbf;
    return marked ? BYTE_ORDER_MARK_LENGTH : 0;
  }

  /// Why the page is no metrics text, null where it may be.
  static @Nullable String refusal(byte[] body, int start) {
    if (isBinary(body)) {
      return "the page is binary (compressed, or protobuf), not metrics text";
    }
    int first = firstText(body, start);
    if (first == body.length) {
      return null;
    }
    return switch (body[first]) {
      case '<' -> "the page is HTML or XML, not metrics text; is the path right?";
      case '[' -> "the page is a JSON array, not metrics text; is the path right?";
      case '"' -> "the page is one JSON string, not metrics text: its line ends are escaped";
      case '{' ->
          isJsonObject(body, first)
              ? "the page is a JSON object, not metrics text; is the path right?"
              : null;
      default -> null;
    };
  }

  private static int firstText(byte[] body, int start) {
    int at = start;
    while (at < body.length && (body[at] == '\n' || Ascii.isBlank(body[at]))) {
      at++;
    }
    return at;
  }

  /// A sample may start with a brace too: `{"metric.name",label="value"} 1`.
  private static boolean isJsonObject(byte[] body, int brace) {
    int at = firstText(body, brace + 1);
    if (at == body.length || body[at] == '}') {
      return true;
    }
    if (body[at] != '"') {
      return false;
    }
    int close = Ascii.quotedStop(body, at + 1);
    int after = firstText(body, Math.min(close + 1, body.length));
    return close < body.length && body[close] == '"' && after < body.length && body[after] == ':';
  }

  /// One odd byte is a bad line; many of them are no text.
  private static boolean isBinary(byte[] body) {
    int looked = Math.min(body.length, LOOKED_AT);
    int controls = 0;
    for (int i = 0; i < looked; i++) {
      boolean control = body[i] >= 0 && body[i] < 0x20;
      controls += control && body[i] != '\n' && body[i] != '\r' && body[i] != '\t' ? 1 : 0;
    }
    boolean gzip = looked >= 2 && (body[0] & 0xff) == 0x1f && (body[1] & 0xff) == 0x8b;
    return gzip || controls * 20 > looked;
  }
}
