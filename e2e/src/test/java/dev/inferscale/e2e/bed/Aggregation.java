package dev.inferscale.e2e.bed;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;

/// Who answers for the external metrics API of the bed: one after another, while
/// [RegisteredAdapter] keeps the others of our APIs.
final class Aggregation implements AutoCloseable {
  private static final String DISCOVERY = "/apis/external.metrics.k8s.io/v1beta1";

  private final Bed bed;
  private final BedNamespace home;
  private final Path authority;
  private final HttpClient client;

  /// @param authority of all servers' certificates, a PEM file
  Aggregation(Bed bed, BedNamespace home, Path authority) {
    this.bed = bed;
    this.home = home;
    this.authority = authority;
    this.client = HttpClient.newBuilder().sslContext(bed.tls()).build();
  }

  /// From now on that server answers; returns as soon as the API server's answers are its own.
  ///
  /// @param service that its certificate names
  /// @param port on loopback
  void to(String service, int port) throws IOException {
    home.apply(
        """
        apiVersion: v1
        kind: Service
        metadata: {name: %s}
        spec: {type: ExternalName, externalName: localhost}
        """
            .formatted(service));
    // The annotation is new each time, so that the API server looks at once.
    home.ofCluster(
        """
        apiVersion: apiregistration.k8s.io/v1
        kind: APIService
        metadata: {name: v1beta1.external.metrics.k8s.io, annotations: {poke: "%1$d"}}
        spec:
          group: external.metrics.k8s.io
          version: v1beta1
          groupPriorityMinimum: 100
          versionPriority: 100
          caBundle: %2$s
          service: {name: %3$s, namespace: %4$s, port: %5$d}
        """
            .formatted(
                System.nanoTime(),
                Base64.getEncoder().encodeToString(Files.readAllBytes(authority)),
                service,
                home.name(),
                port));
    URI direct = URI.create("https://localhost:" + port + DISCOVERY);
    home.awaitThat(
        "the API server asks " + service,
        () -> {
          HttpResponse<String> aggregated = answer(bed.server().resolve(DISCOVERY));
          return aggregated.statusCode() == 200 && aggregated.body().equals(answer(direct).body());
        });
  }

  private HttpResponse<String> answer(URI page) throws IOException, InterruptedException {
    return client.send(HttpRequest.newBuilder(page).build(), BodyHandlers.ofString());
  }

  @Override
  public void close() {
    client.shutdownNow();
    client.close();
  }
}
