package dev.inferscale.e2e.bed;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.inferscale.e2e.SourceTree;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;

/// A plane that answers for the metrics API of the whole cluster: registered in the API server,
/// with a certificate that the aggregator verifies, and no more rights than the manifests give.
/// Only one can be registered at a time; with [#close] it is no more.
final class RegisteredAdapter implements AutoCloseable {
  private static final String SERVICE = "inferscale";
  private static final Path RBAC = SourceTree.root().resolve("manifests/base/rbac");

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
    ofCluster.addAll(
        create(bed, apiService("external.metrics.k8s.io", "v1beta1", home, authority, plane)));
    home.awaitThat("the API service is available", () -> isAvailable(bed));
    return new RegisteredAdapter(bed, credentials, ofCluster, plane);
  }

  private static String apiService(
      String group, String version, BedNamespace home, String authority, PlaneOnBed plane) {
    return """
    apiVersion: apiregistration.k8s.io/v1
    kind: APIService
    metadata: {name: %2$s.%1$s}
    spec:
      group: %1$s
      version: %2$s
      groupPriorityMinimum: 100
      versionPriority: 100
      caBundle: %3$s
      service: {name: %4$s, namespace: %5$s, port: %6$d}
    """
        .formatted(group, version, authority, SERVICE, home.name(), plane.adapter().getPort());
  }

  private static List<HasMetadata> create(Bed bed, String yaml) {
    List<HasMetadata> documents =
        bed.kube().load(new ByteArrayInputStream(yaml.getBytes(UTF_8))).items();
    documents.forEach(each -> bed.kube().resource(each).forceConflicts().serverSideApply());
    return documents;
  }

  private static boolean isAvailable(Bed bed) {
    return condition(bed).startsWith("True");
  }

  /// The status and the reason of its condition `Available`.
  private static String condition(Bed bed) {
    String available = ".status.conditions[?(@.type==\"Available\")]";
    return bed.kubectl(
        "get",
        "apiservice",
        "v1beta1.external.metrics.k8s.io",
        "-o",
        "jsonpath={" + available + ".status} {" + available + ".reason}");
  }

  /// Such as `True Passed`.
  String available() {
    return condition(bed);
  }

  PlaneOnBed plane() {
    return plane;
  }

  /// The file with the authority that signed its certificate and those of the bed's users.
  Path authority() {
    return credentials.resolve("ca.crt");
  }

  @Override
  public void close() {
    ofCluster.reversed().forEach(each -> bed.kube().resource(each).delete());
    plane.close();
  }
}
