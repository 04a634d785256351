package dev.inferscale.worker.model;

/// Decodes UTF-8 that arrives in pieces. A tail that can still become a character is held back;
/// each maximal part of one that cannot becomes U+FFFD at once.
///
/// The states are those of the WHATWG Encoding standard's UTF-8 decoder, whose replacement rule is
/// the Unicode standard's recommended practice.
final class Utf8Stream {
  private static final char REPLACEMENT = '\ufffd';

  private int codePoint;
  private int needed;
  private int lower = 0x80;
  private int upper = 0xbf;

  void accept(byte[] bytes, StringBuilder out) {
    for (byte b : bytes) {
      accept(b & 0xff, out);
    }
  }

  /// Gives up on the tail that was held back.
  void end(StringBuilder out) {
    if (needed > 0) {
      needed = 0;
      expect(0x80, 0xbf);
      out.append(REPLACEMENT);
    }
  }

  private void accept(int b, StringBuilder out) {
    if (needed == 0) {
      first(b, out);
    } else if (b < lower || b > upper) {
      end(out);
      first(b, out);
    } else {
      expect(0x80, 0xbf);
      codePoint = codePoint << 6 | (b & 0x3f);
      if (--needed == 0) {
        out.appendCodePoint(codePoint);
      }
    }
  }

  private void first(int b, StringBuilder out) {
    if (b < 0x80) {
      out.append((char) b);
    } else if (b >= 0xc2 && b <= 0xdf) {
      begin(b & 0x1f, 1);
    } else if (b >= 0xe0 && b <= 0xef) {
      begin(b & 0x0f, 2);
      expect(b == 0xe0 ? 0xa0 : 0x80, b == 0xed ? 0x9f : 0xbf);
    } else if (b >= 0xf0 && b <= 0xf4) {
      begin(b & 0x07, 3);
      expect(b == 0xf0 ? 0x90 : 0x80, b == 0xf4 ? 0x8f : 0xbf);
    } else {
      out.append(REPLACEMENT);
    }
  }

  private void begin(int bits, int more) {
    codePoint = bits;
    needed = more;
  }

  private void expect(int least, int most) {
    lower = least;
    upper = most;
  }
}
