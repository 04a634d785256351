package dev.inferscale.app.plane;

import dev.inferscale.keda.KedaConfig;
import dev.inferscale.launch.ConfigReader.Describe;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// Where KEDA asks.
public record KedaSection(
    @Describe("address to listen on") String host,
    @Describe("port of the external scaler, 0 for any free one") int port,
    @Describe("port of grpc.health.v1, 0 for any free one") int healthPort,
    @Describe(
            "answer without TLS off loopback too; only where nobody but KEDA reaches the port, as by"
                + " a NetworkPolicy")
        boolean insecure,
    @Describe(
            "PEM file of the certificate chain, reloaded when it changes; with key and clientCa, or"
                + " plaintext")
        Optional<Path> certificate,
    @Describe("PEM file of its private key, reloaded when it changes") Optional<Path> key,
    @Describe(
            "PEM file of the authorities that sign KEDA's client certificates, one or more, reloaded"
                + " when it changes")
        Optional<Path> clientCa,
    @Describe(
            "who of them is answered: the name in the certificate (common name, DNS name or URI), and"
                + " the namespaces that it may ask for, all without; everybody where none is listed")
        List<KedaConfig.Client> clients,
    @Describe("how long a pool stays active after the last request, 0s to 1h") Duration grace,
    @Describe("most streams open at the same time, two for each trigger of type external-push")
        int maxStreams,
    @Describe("let callers list the services, as grpcurl does") boolean reflection) {
  public KedaSection {
    // Says what is wrong, by the same names.
    new KedaConfig(
        host, port, healthPort, Optional.empty(), insecure, grace, maxStreams, reflection);
    requireTogether(certificate, key, clientCa);
    clients = List.copyOf(clients);
    if (!clients.isEmpty() && clientCa.isEmpty()) {
      throw new IllegalArgumentException(
          "clients must be given together with certificate, key and clientCa: without them nobody"
              + " can say who calls");
    }
  }

  private static void requireTogether(
      Optional<Path> certificate, Optional<Path> key, Optional<Path> clientCa) {
    if (certificate.isPresent() == key.isPresent() && key.isPresent() == clientCa.isPresent()) {
      return;
    }
    // The reader puts the value of the key that a sentence begins with before it.
    throw new IllegalArgumentException(
        certificate.isPresent()
            ? "certificate must be given together with key and clientCa"
            : key.isPresent()
                ? "key must be given together with certificate and clientCa"
                : "clientCa must be given together with certificate and key");
  }

  /// Loopback, plaintext.
  public static KedaSection defaults() {
    KedaConfig preset = KedaConfig.defaults();
    return new KedaSection(
        preset.host(),
        preset.port(),
        preset.healthPort(),
        preset.insecure(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        List.of(),
        preset.grace(),
        preset.maxStreams(),
        preset.reflection());
  }

  /// For the scaler.
  ///
  /// @param tls from the files, where there are any
  KedaConfig config(Optional<KedaConfig.MutualTls> tls) {
    return new KedaConfig(host, port, healthPort, tls, insecure, grace, maxStreams, reflection);
  }
}
