package dev.inferscale.adapter;

import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;

/// What a server proves itself with.
///
/// @param chain its own certificate first
record ServingKey(PrivateKey key, List<X509Certificate> chain) {

  ServingKey {
    chain = List.copyOf(chain);
  }

  Instant expires() {
    return chain.getFirst().getNotAfter().toInstant();
  }
}
