package dev.inferscale.signals.discover;

import dev.inferscale.signals.pool.Credentials.Token;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What the value of one key of a Secret means. Pure; says of a bad value only that it is bad.
final class SecretContent {
  /// Twice as many as distributions ship.
  static final int MOST_CERTIFICATES = 300;

  /// Servers refuse larger headers.
  static final int LONGEST_TOKEN = 8192;

  /// What Kubernetes lets a Secret hold in all.
  private static final int MOST_BYTES = 1 << 20;

  private static final String BEGIN = "-----BEGIN CERTIFICATE-----";
  private static final Pattern CERTIFICATE =
      Pattern.compile(BEGIN + "[^-]*+-----END CERTIFICATE-----");
  private static final Pattern TOKEN = Pattern.compile("[!-~]{1," + LONGEST_TOKEN + "}+");

  private SecretContent() {}

  /// The certificates of a PEM bundle, one at least; whatever stands between them is left out.
  /// Empty where there are none, too many, or one that cannot be read.
  static Optional<Set<X509Certificate>> authorities(byte[] value) {
    if (value.length > MOST_BYTES) {
      return Optional.empty();
    }
    String text = new String(value, StandardCharsets.ISO_8859_1);
    Set<X509Certificate> found = new HashSet<>();
    int blocks = 0;
    try {
      CertificateFactory factory = CertificateFactory.getInstance("X.509");
      for (Matcher block = CERTIFICATE.matcher(text); block.find(); blocks++) {
        byte[] pem = block.group().getBytes(StandardCharsets.ISO_8859_1);
        found.add((X509Certificate) factory.generateCertificate(new ByteArrayInputStream(pem)));
      }
    } catch (CertificateException e) {
      return Optional.empty();
    }
    boolean whole = blocks == text.split(BEGIN, -1).length - 1;
    return whole && blocks > 0 && blocks <= MOST_CERTIFICATES
        ? Optional.of(found)
        : Optional.empty();
  }

  /// The token without the blanks and the end of line around it; empty where it cannot stand in a
  /// header.
  static Optional<Token> token(byte[] value) {
    if (value.length > MOST_BYTES) {
      return Optional.empty();
    }
    String text = new String(value, StandardCharsets.ISO_8859_1).strip();
    return TOKEN.matcher(text).matches() ? Optional.of(new Token(text)) : Optional.empty();
  }
}
