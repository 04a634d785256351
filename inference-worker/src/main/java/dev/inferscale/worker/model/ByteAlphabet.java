package dev.inferscale.worker.model;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// The alphabet in which byte-level vocabularies write bytes: printable Latin-1 characters stand
/// for themselves, the other 68 bytes for U+0100 and up, in order.
///
/// Source: `bytes_to_unicode` of GPT-2's published encoder.
final class ByteAlphabet {
  private static final char[] CHARACTERS = new char[256];
  private static final short[] BYTES = new short[324];

  static {
    Arrays.fill(BYTES, (short) -1);
    char next = 256;
    for (int b = 0; b < 256; b++) {
      boolean printable = (b > ' ' && b < 0x7f) || (b > 0xa0 && b != 0xad);
      CHARACTERS[b] = printable ? (char) b : next++;
      BYTES[CHARACTERS[b]] = (short) b;
    }
  }

  private ByteAlphabet() {}

  static char character(int unsignedByte) {
    return CHARACTERS[unsignedByte];
  }

  static String write(byte[] bytes) {
    char[] written = new char[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      written[i] = CHARACTERS[bytes[i] & 0xff];
    }
    return new String(written);
  }

  /// The bytes a token stands for. A token with any character outside the alphabet (an added token)
  /// is its own text.
  static byte[] read(String token) {
    byte[] bytes = new byte[token.length()];
    for (int i = 0; i < bytes.length; i++) {
      char c = token.charAt(i);
      if (c >= BYTES.length || BYTES[c] < 0) {
        return token.getBytes(StandardCharsets.UTF_8);
      }
      bytes[i] = (byte) BYTES[c];
    }
    return bytes;
  }
}
