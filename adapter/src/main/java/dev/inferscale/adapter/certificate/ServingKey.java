package dev.inferscale.adapter.certificate;

import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;

/// What a server, or an authority, proves itself with.
///
/// @param key belongs to the first certificate
/// @param chain its own certificate first, then those that vouch for it
public record ServingKey(PrivateKey key, List<X509Certificate> chain) {

  public ServingKey {
    chain = List.copyOf(chain);
  }

  /// Its own certificate.
  public X509Certificate certificate() {
    return chain.getFirst();
  }

  /// When its own certificate ends.
  public Instant expires() {
    return certificate().getNotAfter().toInstant();
  }

  /// Keeps the key out of logs.
  @Override
  public String toString() {
    return "ServingKey[" + certificate().getSubjectX500Principal() + ", until " + expires() + "]";
  }
}
