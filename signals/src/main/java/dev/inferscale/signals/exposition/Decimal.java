package dev.inferscale.signals.exposition;

import java.nio.charset.StandardCharsets;

/// Reads one number in any of the styles that engines write: `1.163383e+06`, bare integers, `NaN`,
/// `nan`, `-nan(ind)`, `+Inf`. Reused for a whole page; one thread at a time.
final class Decimal {
  /// Powers of ten that a double holds exactly; with a mantissa below 2^53, one multiplication or
  /// division then rounds correctly (Clinger, "How to read floating point numbers accurately").
  private static final double[] POWERS = {
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22
  };

  private static final long EXACT_BELOW = 1L << 53;
  private static final int MOST_DIGITS = 18;
  private static final int MOST_EXPONENT = 9_999;

  private double value;
  private long mantissa;
  private int digits;
  private int scale;

  /// The number that the last successful `parse` read.
  double value() {
    return value;
  }

  /// Reads the number at `p`.
  ///
  /// @return the byte after it, or -1 where none stands there
  int parse(byte[] body, int p, int end) {
    boolean negative = p < end && body[p] == '-';
    int start = negative || (p < end && body[p] == '+') ? p + 1 : p;
    if (start < end && !Ascii.isDigit(body[start]) && body[start] != '.') {
      return word(body, start, end, negative);
    }
    mantissa = 0;
    digits = 0;
    scale = 0;
    int whole = digits(body, start, end);
    int at = whole;
    if (at < end && body[at] == '.') {
      at = digits(body, whole + 1, end);
      scale = whole + 1 - at;
    }
    if (at == start || (at == start + 1 && body[start] == '.')) {
      return -1;
    }
    if (at < end && (body[at] == 'e' || body[at] == 'E')) {
      at = exponent(body, at + 1, end);
      if (at < 0) {
        return -1;
      }
    }
    settle(body, start, at, negative);
    return at;
  }

  private int digits(byte[] body, int p, int end) {
    int at = p;
    while (at < end && Ascii.isDigit(body[at])) {
      mantissa = mantissa * 10 + (body[at] - '0');
      at++;
    }
    digits += at - p;
    return at;
  }

  private int exponent(byte[] body, int p, int end) {
    boolean negative = p < end && body[p] == '-';
    int start = negative || (p < end && body[p] == '+') ? p + 1 : p;
    int exponent = 0;
    int at = start;
    while (at < end && Ascii.isDigit(body[at])) {
      exponent = Math.min(exponent * 10 + (body[at] - '0'), MOST_EXPONENT);
      at++;
    }
    scale += negative ? -exponent : exponent;
    return at == start ? -1 : at;
  }

  /// Beyond what is exact in one step, the JDK's parser decides; the slice is known to be a decimal
  /// number, so that its own extras (`1f`, hexadecimal) cannot slip through.
  private void settle(byte[] body, int start, int end, boolean negative) {
    double magnitude;
    if (digits <= MOST_DIGITS && mantissa < EXACT_BELOW && Math.abs(scale) < POWERS.length) {
      magnitude = scale < 0 ? mantissa / POWERS[-scale] : mantissa * POWERS[scale];
    } else {
      String text = new String(body, start, end - start, StandardCharsets.ISO_8859_1);
      magnitude = Double.parseDouble(text);
    }
    value = negative ? -magnitude : magnitude;
  }

  private int word(byte[] body, int start, int end, boolean negative) {
    int at = start;
    while (at < end && isWordByte(body[at])) {
      at++;
    }
    if (at - start >= 3 && startsWith(body, start, "nan")) {
      value = Double.NaN;
      return at == start + 3 || body[start + 3] == '(' ? at : -1;
    }
    int length = at - start;
    if ((length == 3 && startsWith(body, start, "inf"))
        || (length == 8 && startsWith(body, start, "infinity"))) {
      value = negative ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
      return at;
    }
    return -1;
  }

  private static boolean isWordByte(byte b) {
    return (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || b == '(' || b == ')';
  }

  private static boolean startsWith(byte[] body, int start, String lowerCase) {
    for (int i = 0; i < lowerCase.length(); i++) {
      if ((body[start + i] | 0x20) != lowerCase.charAt(i)) {
        return false;
      }
    }
    return true;
  }
}
