package dev.inferscale.adapter.auth;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// A token as it was sent. It has no text of its own, so that it is in no log.
///
/// @param text never to be shown
record BearerToken(String text) {
  /// Longer ones are wrong without a question.
  private static final int MAX_LENGTH = 16 * 1024;

  private static final String SCHEME = "bearer ";

  /// Of the `Authorization` header; empty where it is absent or of another scheme.
  static Optional<BearerToken> of(Caller.Headers headers) {
    String header = headers.all("Authorization").stream().findFirst().orElse("").strip();
    if (!header.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
      return Optional.empty();
    }
    String text = header.substring(SCHEME.length());
    int space = text.indexOf(' ');
    String token = space < 0 ? text : text.substring(0, space);
    return token.isEmpty() ? Optional.empty() : Optional.of(new BearerToken(token));
  }

  /// False where it cannot be anybody's.
  boolean isPlausible() {
    return text.length() <= MAX_LENGTH && text.chars().allMatch(c -> c > ' ' && c < 0x7f);
  }

  @Override
  public String toString() {
    return "a token";
  }

  /// Names tokens so that they can be told apart but not found out, by a key that nobody knows.
  static final class Names {
    private final SecretKeySpec key;

    Names() {
      byte[] random = new byte[32];
      new SecureRandom().nextBytes(random);
      key = new SecretKeySpec(random, "HmacSHA256");
    }

    String of(BearerToken token) {
      try {
        Mac mac = Mac.getInstance(key.getAlgorithm());
        mac.init(key);
        return HexFormat.of().formatHex(mac.doFinal(token.text.getBytes(StandardCharsets.UTF_8)));
      } catch (GeneralSecurityException impossible) {
        throw new IllegalStateException("every Java platform has HmacSHA256", impossible);
      }
    }
  }
}
