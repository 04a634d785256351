package dev.inferscale.e2e.bed;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.inferscale.e2e.SourceTree;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/// A plane that answers for the metrics API of the whole cluster: registered in the API server,
/// with a certificate that the aggregator verifies, and no more rights than the manifests give.
/// Only one can be registered at a time; with [#close] it is no more.
final class RegisteredAdapter implements AutoCloseable {
  private static final String SERVICE = "inferscale";

  /// The APIServices of the manifests.
  private static final List<String> SERVED =
      List.of(
          "v1beta1.external.metrics.k8s.io",
          "v1beta1.custom.metrics.k8s.io",
          "v1beta2.custom.metrics.k8s.io");

  private static final Path BASE = SourceTree.root().resolve("manifests/base");
  private static final Path RBAC = BASE.resolve("rbac");

  private final Bed bed;
  private final Path credentials;
  private final List<HasMetadata> ofCluster;
  private final PlaneOnBed plane;

  private RegisteredAdapter(
      Bed bed, Path credentials, List<HasMetadata> ofCluster, PlaneOnBed plane) {
    this.bed = bed;
    this.credentials = credentials;
    this.ofCluster = ofCluster;
    this.plane = plane;
  }

  /// Starts one that finds its pools in that namespace, and waits until the API server takes it for
  /// available.
  ///
  /// @param folder for its credentials and temporary files
  /// @param flags further ones of `inferscale serve`
  static RegisteredAdapter start(Bed bed, BedNamespace home, Path folder, String... flags)
      throws IOException {
    Path credentials = folder.resolve("registered");
    bed.certificate(SERVICE, home.name(), credentials);
    List<HasMetadata> ofCluster = new ArrayList<>();
    for (String file : List.of("auth-delegator.yaml", "metrics-readers.yaml", "reader.yaml")) {
      String text = Files.readString(RBAC.resolve(file), UTF_8);
      ofCluster.addAll(
          create(
              bed,
              text.replace(
                  "name: inferscale, namespace: inferscale}",
                  "name: inferscale, namespace: " + home.name() + "}")));
    }
    String[] all =
        Stream.concat(
                Stream.of(
                    "--adapter.authentication",
                    "delegated",
                    "--adapter.certificate",
                    credentials.resolve("tls.crt").toString(),
                    "--adapter.key",
                    credentials.resolve("tls.key").toString()),
                Stream.of(flags))
            .toArray(String[]::new);
    PlaneOnBed plane = PlaneOnBed.start(credentials.resolve("kubeconfig"), home, folder, all);
    home.apply(
        """
        apiVersion: v1
        kind: Service
        metadata: {name: %s}
        spec: {type: ExternalName, externalName: localhost}
        """
            .formatted(SERVICE));
    String authority =
        Base64.getEncoder().encodeToString(Files.readAllBytes(credentials.resolve("ca.crt")));
    ofCluster.addAll(create(bed, apiServices(home, authority, plane)));
    home.awaitThat(
        "the API services are available",
        () -> SERVED.stream().allMatch(each -> condition(bed, each).startsWith("True")));
    return new RegisteredAdapter(bed, credentials, ofCluster, plane);
  }

  /// Those of the manifests, whose Service is the test's.
  private static String apiServices(BedNamespace home, String authority, PlaneOnBed plane)
      throws IOException {
    return Files.readString(BASE.resolve("api-services.yaml"), UTF_8)
        .replace(
            "service: {name: inferscale, namespace: inferscale, port: 443}",
            "service: {name: %s, namespace: %s, port: %d}\n  caBundle: %s"
                .formatted(SERVICE, home.name(), plane.adapter().getPort(), authority));
  }

  private static List<HasMetadata> create(Bed bed, String yaml) {
    List<HasMetadata> documents =
        bed.kube().load(new ByteArrayInputStream(yaml.getBytes(UTF_8))).items();
    documents.forEach(each -> bed.kube().resource(each).forceConflicts().serverSideApply());
    return documents;
  }

  /// The status and the reason of an APIService's condition `Available`.
  private static String condition(Bed bed, String served) {
    String available = ".status.conditions[?(@.type==\"Available\")]";
    return bed.kubectl(
        "get",
        "apiservice",
        served,
        "-o",
        "jsonpath={" + available + ".status} {" + available + ".reason}");
  }

  /// Of each APIService, such as `True Passed`.
  List<String> available() {
    return SERVED.stream().map(each -> condition(bed, each)).toList();
  }

  /// What it answers to somebody who comes without the API server.
  ///
  /// @param path with query
  /// @param headers names and values
  HttpResponse<String> direct(String path, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request = HttpRequest.newBuilder(plane.adapter().resolve(path));
    if (headers.length > 0) {
      request.headers(headers);
    }
    try (HttpClient client = HttpClient.newBuilder().sslContext(trustsTheBed()).build()) {
      return client.send(request.build(), BodyHandlers.ofString());
    }
  }

  private SSLContext trustsTheBed() throws IOException {
    try (InputStream in = Files.newInputStream(credentials.resolve("ca.crt"))) {
      KeyStore authorities = KeyStore.getInstance("PKCS12");
      authorities.load(null, null);
      authorities.setCertificateEntry(
          "bed", CertificateFactory.getInstance("X.509").generateCertificate(in));
      TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
      trust.init(authorities);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, trust.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  PlaneOnBed plane() {
    return plane;
  }

  @Override
  public void close() {
    ofCluster.reversed().forEach(each -> bed.kube().resource(each).delete());
    plane.close();
  }
}
