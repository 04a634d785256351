package dev.inferscale.signals.exposition;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/// The byte classes of the text formats, and searches that look at eight bytes at a time.
final class Ascii {
  private static final byte BLANK = 1;
  private static final byte NAME_START = 2;
  private static final byte NAME = 4;
  private static final byte DIGIT = 8;
  private static final byte[] CLASSES = classes();

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long ONES = 0x0101010101010101L;
  private static final long HIGHS = 0x8080808080808080L;
  private static final long QUOTES = ONES * '"';
  private static final long BACKSLASHES = ONES * '\\';
  private static final long LINE_FEEDS = ONES * '\n';

  private Ascii() {}

  private static byte[] classes() {
    byte[] classes = new byte[256];
    for (int c = 0; c < 256; c++) {
      boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
      boolean digit = c >= '0' && c <= '9';
      classes[c] =
          (byte)
              ((c == ' ' || c == '\t' || c == '\r' ? BLANK : 0)
                  | (letter ? NAME_START | NAME : 0)
                  | (digit ? NAME | DIGIT : 0));
    }
    return classes;
  }

  /// A carriage return counts as a blank, so that CRLF needs no care elsewhere.
  static boolean isBlank(byte b) {
    return (CLASSES[b & 0xff] & BLANK) != 0;
  }

  static boolean isNameStart(byte b) {
    return (CLASSES[b & 0xff] & NAME_START) != 0;
  }

  static boolean isDigit(byte b) {
    return (CLASSES[b & 0xff] & DIGIT) != 0;
  }

  /// The first byte at or after `p` that cannot be part of a name.
  static int nameEnd(byte[] body, int p) {
    int at = p;
    while (at < body.length && (CLASSES[body[at] & 0xff] & NAME) != 0) {
      at++;
    }
    return at;
  }

  /// The first byte at or after `p` that is no blank; a line feed is none.
  static int skipBlanks(byte[] body, int p) {
    int at = p;
    while (at < body.length && isBlank(body[at])) {
      at++;
    }
    return at;
  }

  /// The first blank, line feed or end at or after `p`.
  static int wordEnd(byte[] body, int p) {
    int at = p;
    while (at < body.length && body[at] != '\n' && !isBlank(body[at])) {
      at++;
    }
    return at;
  }

  /// The line feed at or after `p`, or the end of the body.
  static int lineEnd(byte[] body, int p) {
    int at = p;
    for (; at + Long.BYTES <= body.length; at += Long.BYTES) {
      long hit = zeroBytes((long) LONGS.get(body, at) ^ LINE_FEEDS);
      if (hit != 0) {
        return at + (Long.numberOfTrailingZeros(hit) >>> 3);
      }
    }
    while (at < body.length && body[at] != '\n') {
      at++;
    }
    return at;
  }

  /// The first quote, backslash or line feed at or after `p`, or the end of the body.
  static int quotedStop(byte[] body, int p) {
    int at = p;
    for (; at + Long.BYTES <= body.length; at += Long.BYTES) {
      long word = (long) LONGS.get(body, at);
      long hit =
          zeroBytes(word ^ QUOTES) | zeroBytes(word ^ BACKSLASHES) | zeroBytes(word ^ LINE_FEEDS);
      if (hit != 0) {
        return at + (Long.numberOfTrailingZeros(hit) >>> 3);
      }
    }
    while (at < body.length && body[at] != '"' && body[at] != '\\' && body[at] != '\n') {
      at++;
    }
    return at;
  }

  /// The high bit of each byte that is zero; bits above the lowest of them may be wrong.
  private static long zeroBytes(long word) {
    return (word - ONES) & ~word & HIGHS;
  }

  /// A hash of bytes that reads eight at a time; for label sets, where every byte counts.
  static long hash(byte[] body, int from, int to) {
    long hash = (long) to - from;
    int at = from;
    for (; at + Long.BYTES <= to; at += Long.BYTES) {
      hash = mix(hash ^ (long) LONGS.get(body, at));
    }
    long tail = 0;
    for (; at < to; at++) {
      tail = tail << 8 | (body[at] & 0xff);
    }
    return mix(hash ^ tail);
  }

  private static long mix(long word) {
    long product = word * 0x9e3779b97f4a7c15L;
    return product ^ product >>> 29;
  }

  /// A hash of a metric name in which `:` and `_` are the same.
  static int nameHash(byte[] name, int from, int to) {
    int hash = 0;
    for (int at = from; at < to; at++) {
      hash = 31 * hash + folded(name[at]);
    }
    return hash;
  }

  /// True where two metric names are the same but for `:` and `_`: a negotiated OpenMetrics page of
  /// some client libraries writes one for the other.
  static boolean sameName(byte[] a, int aFrom, int aTo, byte[] b, int bFrom, int bTo) {
    if (aTo - aFrom != bTo - bFrom) {
      return false;
    }
    for (int i = 0; i < aTo - aFrom; i++) {
      if (folded(a[aFrom + i]) != folded(b[bFrom + i])) {
        return false;
      }
    }
    return true;
  }

  private static byte folded(byte b) {
    return b == ':' ? (byte) '_' : b;
  }

  static boolean endsWith(byte[] text, int from, int to, String suffix) {
    int start = to - suffix.length();
    if (start <= from) {
      return false;
    }
    for (int i = 0; i < suffix.length(); i++) {
      if (text[start + i] != suffix.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  static boolean equalsText(byte[] body, int from, int to, String text) {
    if (to - from != text.length()) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      if (body[from + i] != text.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /// What stands there, for people: at most `most` bytes, control characters replaced.
  static String quote(byte[] body, int from, int to, int most) {
    String text = new String(body, from, Math.min(to - from, most), StandardCharsets.UTF_8);
    StringBuilder printable = new StringBuilder(text.length() + 1);
    text.chars().forEach(c -> printable.append(Character.isISOControl(c) ? '?' : (char) c));
    return to - from > most ? printable.append('…').toString() : printable.toString();
  }
}
