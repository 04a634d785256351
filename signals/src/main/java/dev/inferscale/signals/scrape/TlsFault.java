package dev.inferscale.signals.scrape;

import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertPathValidatorException.BasicReason;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.PKIXReason;
import java.util.Objects;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;

/// What to do about TLS that failed, the more telling first.
enum TlsFault {
  EXPIRED("its certificate has expired; renew it"),
  NOT_YET_VALID("its certificate is not valid yet; are the clocks right?"),
  UNKNOWN_AUTHORITY("no authority that the pool trusts signed it"),
  UNSOUND("its chain of certificates is not sound"),
  ANOTHER_NAME("its certificate does not name this address; is tls.caSecretRef missing?"),
  OTHER("is it https, and does it ask for a certificate of ours?");

  private final String detail;

  TlsFault(String detail) {
    this.detail = detail;
  }

  /// One sentence; never quotes the certificate.
  static String sentence(SSLException failure) {
    TlsFault worst =
        Stream.iterate((Throwable) failure, Objects::nonNull, Throwable::getCause)
            .map(TlsFault::of)
            .min(TlsFault::compareTo)
            .orElse(OTHER);
    return "TLS failed: " + worst.detail;
  }

  private static TlsFault of(Throwable cause) {
    return switch (cause) {
      case CertificateExpiredException _ -> EXPIRED;
      case CertificateNotYetValidException _ -> NOT_YET_VALID;
      case CertPathBuilderException _ -> UNKNOWN_AUTHORITY;
      // The second: an authority of the same name with another key, as after its renewal.
      case CertPathValidatorException path
          when path.getReason() == PKIXReason.NO_TRUST_ANCHOR
              || path.getReason() == BasicReason.INVALID_SIGNATURE ->
          UNKNOWN_AUTHORITY;
      case CertPathValidatorException _ -> UNSOUND;
      case CertificateException _ -> ANOTHER_NAME;
      default -> OTHER;
    };
  }
}
