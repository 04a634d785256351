package dev.inferscale.e2e.bed;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;

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
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/// A plane, or several replicas of one, that answers for the metrics API of the whole cluster:
/// registered in the API server, with a certificate that the aggregator verifies, and no more
/// rights than the manifests give. Only one can be registered at a time; with [#close] it is no
/// more.
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
  private final BedNamespace home;
  private final Path folder;
  private final Path credentials;
  private final String[] flags;
  private final List<HasMetadata> ofCluster = new ArrayList<>();
  private final List<PlaneOnBed> planes = new ArrayList<>();

  private RegisteredAdapter(Bed bed, BedNamespace home, Path folder, String... flags) {
    this.bed = bed;
    this.home = home;
    this.folder = folder;
    this.credentials = folder.resolve("registered");
    this.flags = flags;
  }

  /// Starts one that finds its pools in that namespace, and waits until the API server takes it for
  /// available.
  ///
  /// @param folder for its credentials and temporary files
  /// @param flags further ones of `inferscale serve`
  static RegisteredAdapter start(Bed bed, BedNamespace home, Path folder, String... flags)
      throws IOException {
    RegisteredAdapter started = new RegisteredAdapter(bed, home, folder, flags);
    started.grant();
    started.launch();
    started.register(started.plane().adapter().getPort());
    return started;
  }

  /// Starts two replicas behind a balancer, and waits until that finds both ready and the API
  /// server takes them for available.
  ///
  /// @param folder for their credentials and temporary files
  /// @param flags further ones of `inferscale serve`
  static RegisteredAdapter startTwo(
      Bed bed, BedNamespace home, Path folder, Balancer balancer, String... flags)
      throws IOException {
    RegisteredAdapter started = new RegisteredAdapter(bed, home, folder, flags);
    started.grant();
    started.launch();
    started.launch();
    balancer.follow(started.ports());
    home.awaitThat("both are ready", () -> balancer.ready().size() == 2);
    started.register(balancer.port());
    return started;
  }

  private void grant() throws IOException {
    bed.certificate(SERVICE, home.name(), credentials);
    for (String file : List.of("auth-delegator.yaml", "metrics-readers.yaml", "reader.yaml")) {
      String text = Files.readString(RBAC.resolve(file), UTF_8);
      ofCluster.addAll(
          create(
              text.replace(
                  "name: inferscale, namespace: inferscale}",
                  "name: inferscale, namespace: " + home.name() + "}")));
    }
  }

  /// One more replica.
  PlaneOnBed launch() throws IOException {
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
    PlaneOnBed launched = PlaneOnBed.start(credentials.resolve("kubeconfig"), home, folder, all);
    planes.add(launched);
    return launched;
  }

  /// That replica is no longer one of them; it goes on until somebody ends it.
  void forget(PlaneOnBed replica) {
    planes.remove(replica);
  }

  private void register(int port) throws IOException {
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
    ofCluster.addAll(create(apiServices(authority, port)));
    home.awaitThat(
        "the API services are available",
        () -> available().stream().allMatch(each -> each.startsWith("True")));
  }

  /// Those of the manifests, whose Service is the test's.
  private String apiServices(String authority, int port) throws IOException {
    return Files.readString(BASE.resolve("api-services.yaml"), UTF_8)
        .replace(
            "service: {name: inferscale, namespace: inferscale, port: 443}",
            "service: {name: %s, namespace: %s, port: %d}\n  caBundle: %s"
                .formatted(SERVICE, home.name(), port, authority));
  }

  private List<HasMetadata> create(String yaml) {
    List<HasMetadata> documents =
        bed.kube().load(new ByteArrayInputStream(yaml.getBytes(UTF_8))).items();
    documents.forEach(each -> bed.kube().resource(each).forceConflicts().serverSideApply());
    return documents;
  }

  /// A field of an APIService's condition `Available`.
  private String available(String served, String field) {
    return bed.kubectl(
        "get",
        "apiservice",
        served,
        "-o",
        "jsonpath={.status.conditions[?(@.type==\"Available\")]." + field + "}");
  }

  /// Of each APIService, such as `True Passed`.
  List<String> available() {
    return SERVED.stream()
        .map(each -> available(each, "status") + " " + available(each, "reason"))
        .toList();
  }

  /// What it answers to somebody who comes without the API server.
  ///
  /// @param path with query
  /// @param headers names and values
  HttpResponse<String> direct(String path, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request = HttpRequest.newBuilder(plane().adapter().resolve(path));
    if (headers.length > 0) {
      request.headers(headers);
    }
    try (HttpClient client = HttpClient.newBuilder().sslContext(trustsTheBed()).build()) {
      return client.send(request.build(), BodyHandlers.ofString());
    }
  }

  private SSLContext trustsTheBed() throws IOException {
    try {
      KeyStore authorities = KeyStore.getInstance("PKCS12");
      authorities.load(null, null);
      authorities.setCertificateEntry("bed", certificate(credentials.resolve("ca.crt")));
      TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
      trust.init(authorities);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, trust.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Certificate certificate(Path file) throws IOException, GeneralSecurityException {
    try (InputStream in = Files.newInputStream(file)) {
      return CertificateFactory.getInstance("X.509").generateCertificate(in);
    }
  }

  /// The only one, or the replica that has been there longest.
  PlaneOnBed plane() {
    return planes.getFirst();
  }

  /// Where the replicas listen, the oldest first.
  List<Integer> ports() {
    return planes.stream().map(each -> each.adapter().getPort()).toList();
  }

  /// The Service that their certificate names.
  String service() {
    return SERVICE;
  }

  /// Of their certificate, and of all that the bed gives: a PEM file.
  Path authority() {
    return credentials.resolve("ca.crt");
  }

  /// Since when each API version has been available, or not.
  List<String> availableSince() {
    return SERVED.stream().map(each -> available(each, "lastTransitionTime")).toList();
  }

  /// Gives all of them a new certificate and key of the same authority, each at once.
  ///
  /// @return the new certificate
  Certificate renewCertificate() throws IOException, GeneralSecurityException {
    Path fresh = folder.resolve("fresh");
    bed.certificate(SERVICE, home.name(), fresh);
    for (String file : List.of("tls.key", "tls.crt")) {
      Files.move(fresh.resolve(file), credentials.resolve(file), ATOMIC_MOVE);
    }
    return certificate(credentials.resolve("tls.crt"));
  }

  /// Gives all of them that kubeconfig for their calls to the API server, at once.
  void renewKubeconfig(String text) throws IOException {
    Path fresh = Files.writeString(folder.resolve("fresh.kubeconfig"), text);
    Files.move(fresh, credentials.resolve("kubeconfig"), ATOMIC_MOVE);
  }

  @Override
  public void close() {
    ofCluster.reversed().forEach(each -> bed.kube().resource(each).delete());
    planes.forEach(PlaneOnBed::close);
  }
}
