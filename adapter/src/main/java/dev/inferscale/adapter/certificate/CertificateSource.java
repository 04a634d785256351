package dev.inferscale.adapter.certificate;

import java.nio.file.Path;
import java.util.function.Supplier;

/// Where a server's certificate comes from.
public sealed interface CertificateSource {

  /// One that is made at start, for loopback.
  record Loopback() implements CertificateSource {}

  /// Two PEM files; what they hold is used as soon as both have been replaced.
  ///
  /// @param certificate the chain, the server's own first
  /// @param key its private key
  record PemFiles(Path certificate, Path key) implements CertificateSource {}

  /// Whatever somebody else holds at the moment.
  ///
  /// @param now answers at once, from any thread
  record Held(Supplier<ServingKey> now) implements CertificateSource {}
}
