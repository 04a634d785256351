package dev.inferscale.adapter.wire;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;

/// Percent-decoding. `+` is a space in a query and only there: Go's clients write it so.
final class PercentCoding {
  private PercentCoding() {}

  static String decodePath(String raw) throws MalformedRequest {
    return raw.indexOf('%') < 0 ? raw : decode(raw, false);
  }

  static String decodeQuery(String raw) throws MalformedRequest {
    return raw.indexOf('%') < 0 && raw.indexOf('+') < 0 ? raw : decode(raw, true);
  }

  private static String decode(String raw, boolean plusIsSpace) throws MalformedRequest {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(raw.length());
    int at = 0;
    while (at < raw.length()) {
      char c = raw.charAt(at);
      if (c == '%') {
        bytes.write(16 * hexDigit(raw, at + 1) + hexDigit(raw, at + 2));
        at += 3;
      } else if (c < 0x80) {
        bytes.write(plusIsSpace && c == '+' ? ' ' : c);
        at++;
      } else {
        throw new MalformedRequest(
            "the request has a character outside ASCII that is not percent-encoded");
      }
    }
    return bytes.toString(UTF_8);
  }

  private static int hexDigit(String raw, int at) throws MalformedRequest {
    int digit =
        at < raw.length() && raw.charAt(at) < 0x80 ? Character.digit(raw.charAt(at), 16) : -1;
    if (digit < 0) {
      throw new MalformedRequest(
          "the request has a '%' without two hexadecimal digits; write a literal '%' as %25");
    }
    return digit;
  }
}
