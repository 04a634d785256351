package dev.inferscale.e2e.bed;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.adapter.certificate.Pem;
import dev.inferscale.adapter.certificate.ServingKey;
import dev.inferscale.e2e.SourceTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// The real KEDA and a plane with certificates on both sides, which are all replaced while KEDA
/// asks once a second.
@ExtendWith({BedExtension.class, KedaExtension.class})
final class KedaTlsIT {
  @TempDir private static Path folder;

  private static EngineAuthority first;
  private static EngineAuthority next;
  private static ServingKey server;
  private static ServingKey client;
  private static PlaneOnBed plane;

  private final Bed bed;
  private final BedNamespace home;
  private final KedaOnBed keda;

  KedaTlsIT(Bed bed, BedNamespace home, KedaOnBed keda) {
    this.bed = bed;
    this.home = home;
    this.keda = keda;
  }

  @BeforeAll
  static void start(Bed bed, BedNamespace home) throws IOException, GeneralSecurityException {
    first = new EngineAuthority(folder);
    next = new EngineAuthority(folder);
    server = first.sign("scaler", "serverAuth");
    client = first.sign("keda-operator", "clientAuth");
    mount(server, first.pem());
    Path config = folder.resolve("plane.yaml");
    Files.writeString(
        config,
        """
        keda:
          port: 0
          healthPort: 0
          grace: 2s
          certificate: %1$s/tls.crt
          key: %1$s/tls.key
          clientCa: %1$s/ca.crt
          clients: [{name: keda-operator, namespaces: [%2$s]}]
        """
            .formatted(mounted(), home.name()));
    plane = PlaneOnBed.start(bed, home, folder, "--config", config.toString());
  }

  @AfterAll
  static void stop() {
    if (plane != null) {
      plane.close();
    }
  }

  @AfterEach
  void clear() {
    ScaledObject.clear(bed, home);
    // While KEDA runs too: its finalizer would hold the namespace back.
    bed.kubectl("delete", "triggerauthentications", "--all", "--namespace", home.name());
    home.clear();
  }

  @Test
  void everyCertificateIsReplacedWhileKedaAsksAndNoCallFails() throws Exception {
    home.unscheduled("chat", 0);
    home.pool("chat");
    secret(client, first.pem());
    authentication();
    try (Gateway front = new Gateway(plane, "chat")) {
      front.holds(1);
      ScaledObject scaled = scaledObject("first");
      scaled.awaitReplicas(1);
      awaitPolls(5);
      String failures = failures();
      List<String> events = scalerFailures();
      int broken = brokenStreams();

      secret(client, first.pem() + next.pem());
      scaledObject("trusts both servers");
      awaitPolls(5);
      ServingKey renewed = next.sign("scaler", "serverAuth");
      mount(renewed, first.pem() + next.pem());
      home.awaitThat("both files are read", () -> plane.log().contains("keda.clientCa replaced"));
      home.awaitThat(
          "the next certificate is shown",
          () -> plane.log().contains("serving certificate replaced"));
      secret(next.sign("keda-operator", "clientAuth"), next.pem());
      scaledObject("shows the next certificate");
      awaitPolls(5);
      mount(renewed, next.pem());
      home.awaitThat(
          "one authority is left",
          () -> plane.log().split("keda.clientCa replaced", -1).length == 3);
      awaitPolls(10);

      front.holds(5);
      scaled.awaitReplicas(3);
      assertThat(failures()).isEqualTo(failures);
      assertThat(scalerFailures()).isEqualTo(events);
      assertThat(brokenStreams()).isEqualTo(broken);
      assertThat(plane.streams()).isOne();

      // The Secret as it was is of no use any more.
      secret(client, next.pem());
      scaledObject("shows the first certificate");
      home.awaitThat("KEDA is refused", () -> scalerFailures().size() > events.size());
    }
  }

  /// Of the manifests, where only KEDA's own definitions can judge them.
  @Test
  void theSamplesAreTaken() throws IOException {
    Path samples = SourceTree.root().resolve("manifests/keda/samples");
    try (Stream<Path> files = Files.list(samples)) {
      for (Path sample : files.toList()) {
        String text = Files.readString(sample).replace("serving", home.name());
        Path file = Files.writeString(folder.resolve(sample.getFileName()), text);

        assertThat(bed.kubectl("apply", "--dry-run=server", "-f", file.toString()))
            .contains("created (server dry run)");
      }
    }
  }

  /// Calls that ended otherwise than well, as the plane counts them. None is counted that never got
  /// past the handshake, which KEDA's events show.
  private static String failures() throws IOException {
    return String.join(
        "\n",
        plane
            .text("metrics")
            .lines()
            .filter(line -> line.startsWith("inferscale_keda_calls_total"))
            .filter(line -> !line.contains("code=\"OK\""))
            .sorted()
            .toList());
  }

  /// What KEDA said of its scaler, each as long as it lasts.
  private List<String> scalerFailures() {
    return home.kube().v1().events().inNamespace(home.name()).list().getItems().stream()
        .filter(event -> event.getReason().equals("KEDAScalerFailed"))
        .map(event -> event.getMessage())
        .sorted()
        .distinct()
        .toList();
  }

  /// How often KEDA's log speaks of a stream that ended otherwise than well.
  private int brokenStreams() throws IOException {
    String log = keda.operatorLog();
    return log.split("rpc error: code = (Unavailable|Unauthenticated|PermissionDenied)", -1).length
        - 1;
  }

  private void awaitPolls(int count) throws IOException {
    double until = plane.calls("GetMetrics") + count;
    home.awaitThat(count + " more polls", () -> plane.calls("GetMetrics") >= until);
  }

  private static Path mounted() {
    return folder.resolve("mounted");
  }

  /// As a kubelet does: the next folder in place of the one before, at once.
  private static void mount(ServingKey pair, String authorities)
      throws IOException, GeneralSecurityException {
    Path version = Files.createTempDirectory(folder, "version");
    Files.write(version.resolve("tls.crt"), Pem.of(pair.chain()));
    Files.write(version.resolve("tls.key"), Pem.of(pair.key()));
    Files.writeString(version.resolve("ca.crt"), authorities);
    Path link = Files.createSymbolicLink(folder.resolve("next"), version);
    Files.move(link, mounted(), StandardCopyOption.ATOMIC_MOVE);
  }

  private void secret(ServingKey pair, String authorities) throws GeneralSecurityException {
    home.apply(
        """
        apiVersion: v1
        kind: Secret
        metadata: {name: inferscale-keda-client}
        data:
          ca.crt: %s
          tls.crt: %s
          tls.key: %s
        """
            .formatted(
                base64(authorities.getBytes(UTF_8)),
                base64(Pem.of(pair.chain())),
                base64(Pem.of(pair.key()))));
  }

  private static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }

  private void authentication() {
    home.apply(
        """
        apiVersion: keda.sh/v1alpha1
        kind: TriggerAuthentication
        metadata: {name: inferscale}
        spec:
          secretTargetRef:
          - {parameter: caCert, name: inferscale-keda-client, key: ca.crt}
          - {parameter: tlsClientCert, name: inferscale-keda-client, key: tls.crt}
          - {parameter: tlsClientKey, name: inferscale-keda-client, key: tls.key}
        """);
  }

  /// @param rotated a change of the specification, which has KEDA read the Secret anew
  private ScaledObject scaledObject(String rotated) {
    return new ScaledObject(home, "chat")
        .with("pollingInterval: 1")
        .with("maxReplicaCount: 3")
        .trigger(
            "external-push",
            "authenticationRef: {name: inferscale}",
            "localhost:" + plane.keda(),
            "pool",
            "chat",
            "signal",
            "inference_requests_in_flight",
            "target",
            "2",
            "rotated",
            rotated)
        .apply();
  }
}
