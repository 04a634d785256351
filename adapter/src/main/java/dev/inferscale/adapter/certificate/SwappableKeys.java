package dev.inferscale.adapter.certificate;

import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/// Gives each handshake the key of that moment. A handshake asks three times (alias, chain, key),
/// so the alias names a generation and the one before stays available: a swap in between harms
/// nobody.
final class SwappableKeys extends X509ExtendedKeyManager {

  private record Generation(long number, ServingKey key) {
    String alias() {
      return Long.toString(number);
    }
  }

  private record Held(Generation current, Generation previous) {}

  /// Written by the timer thread, read by every handshake.
  private volatile Held held;

  SwappableKeys(ServingKey first) {
    Generation generation = new Generation(1, first);
    held = new Held(generation, generation);
  }

  ServingKey current() {
    return held.current.key;
  }

  /// Only one thread swaps.
  void swap(ServingKey next) {
    Generation current = held.current;
    held = new Held(new Generation(current.number + 1, next), current);
  }

  @Override
  public @Nullable String chooseEngineServerAlias(
      String keyType, Principal @Nullable [] issuers, SSLEngine engine) {
    Generation current = held.current;
    return matches(keyType, current) ? current.alias() : null;
  }

  @Override
  public X509Certificate @Nullable [] getCertificateChain(String alias) {
    ServingKey key = find(alias);
    return key == null ? null : key.chain().toArray(X509Certificate[]::new);
  }

  @Override
  public @Nullable PrivateKey getPrivateKey(String alias) {
    ServingKey key = find(alias);
    return key == null ? null : key.key();
  }

  @Override
  public @Nullable String chooseServerAlias(
      String keyType, Principal @Nullable [] issuers, Socket socket) {
    return null;
  }

  @Override
  public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
    return null;
  }

  @Override
  public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
    return null;
  }

  @Override
  public @Nullable String chooseClientAlias(
      String[] keyTypes, Principal @Nullable [] issuers, Socket socket) {
    return null;
  }

  /// TLS 1.3 asks for `EC` or `EdDSA`, TLS 1.2 also for `EC_EC` and the like.
  private static boolean matches(String keyType, Generation generation) {
    String algorithm = generation.key.key().getAlgorithm();
    return keyType.equals(algorithm) || keyType.startsWith(algorithm + "_");
  }

  private @Nullable ServingKey find(String alias) {
    Held now = held;
    if (now.current.alias().equals(alias)) {
      return now.current.key;
    }
    return now.previous.alias().equals(alias) ? now.previous.key : null;
  }
}
