package dev.inferscale.e2e.bed;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.inferscale.e2e.Started;
import io.fabric8.kubernetes.api.model.Secret;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// Two planes that agree on a certificate, and the API server that learns to trust it.
@ExtendWith(BedExtension.class)
final class CaBundleIT {
  private static final String OURS = "v1beta1.external.metrics.k8s.io";
  private static final String OTHERS = "v1beta1.custom.metrics.k8s.io";
  private static final String SECRET = "inferscale-serving";
  private static final Pattern ADAPTER =
      Pattern.compile("\"message\":\"metrics API listens[^}]*\"port\":(\\d+)");
  private static final Pattern OBSERVATION =
      Pattern.compile("\"message\":\"observation listens[^}]*\"port\":(\\d+)");

  @TempDir private Path folder;
  private final Bed bed;
  private final BedNamespace home;
  private PlaneAccount account;

  CaBundleIT(Bed bed, BedNamespace home) {
    this.bed = bed;
    this.home = home;
  }

  @BeforeEach
  void grant() throws IOException {
    account = new PlaneAccount(bed, home);
    for (String file :
        List.of(
            "lease.yaml",
            "serving-certificate.yaml",
            "ca-bundle-writer.yaml",
            "api-service-reader.yaml",
            "namespaced/reader.yaml")) {
      account.grant(file);
    }
    home.apply(
        """
        apiVersion: v1
        kind: Service
        metadata: {name: inferscale}
        spec: {type: ExternalName, externalName: localhost}
        """);
  }

  /// A dead APIService holds up the deletion of every namespace.
  @AfterEach
  void unregister() {
    bed.kubectl("delete", "apiservice", OURS, OTHERS, "--ignore-not-found");
    for (String kind : List.of("clusterrole", "clusterrolebinding")) {
      bed.kubectl(
          "delete",
          kind,
          "inferscale-ca-bundle-writer",
          "inferscale-api-service-reader",
          "--ignore-not-found");
    }
  }

  @Test
  void theApiServerTrustsBothReplicasAndGoesOnWhenTheSecretIsDeleted() throws Exception {
    try (Started one = plane();
        Started two = plane()) {
      int first = port(one, ADAPTER);
      int second = port(two, ADAPTER);
      assertThat(served(first)).isEqualTo(served(second));

      register(OURS, home.name(), first);
      register(OTHERS, "default", first);
      home.awaitThat("the API service is available", () -> available().startsWith("True"));
      assertThat(field(OURS, "{.spec.caBundle}")).isEqualTo(secret().getData().get("ca.crt"));
      assertThat(read()).contains("\"groupVersion\":\"external.metrics.k8s.io/v1beta1\"");

      // The other replica is trusted as well.
      bed.kubectl(
          "patch",
          "apiservice",
          OURS,
          "--type=merge",
          "-p",
          "{\"spec\": {\"service\": {\"port\": " + second + "}}}");
      home.awaitThat(
          "the other one answers", () -> asked(two) > 0 && available().startsWith("True"));

      // What is not ours stays as it was, and is named.
      assertThat(field(OTHERS, "{.spec.caBundle}")).isEmpty();
      String foreign = "APIService " + OTHERS + " leads to Service default/inferscale, not to our";
      assertThat(one.logged(foreign) + two.logged(foreign)).isEqualTo(1);
      assertThat(page(one) + page(two))
          .contains(
              "inferscale_apiservice{apiservice=\""
                  + OTHERS
                  + "\",owner=\"foreign\",service=\"default/inferscale\"");

      Certificate before = served(first);
      Map<String, String> data = secret().getData();
      home.kube().secrets().inNamespace(home.name()).withName(SECRET).delete();
      home.awaitThat("the Secret is back", () -> secret().getData().equals(data));
      assertThat(served(first)).isEqualTo(before);
      assertThat(served(second)).isEqualTo(before);
      assertThat(read()).contains("external.metrics.k8s.io");
    }
  }

  @Test
  void aDryRunPrintsThePatchAndWritesNothing() throws Exception {
    try (Started writes = plane()) {
      int port = port(writes, ADAPTER);
      writes.signal("TERM");
      assertThat(writes.status()).isZero();
      register(OURS, home.name(), port);
    }
    try (Started plane = plane("--act.dry-run", "true")) {
      plane.awaitSaid(Pattern.compile("\"writer\":\"ca_bundle\",\"method\":\"PATCH\""));

      JsonNode line =
          new ObjectMapper()
              .readTree(
                  plane
                      .out()
                      .lines()
                      .filter(each -> each.contains("\"ca_bundle\""))
                      .findFirst()
                      .orElseThrow());
      assertThat(line.path("body").path("spec").path("caBundle").asText())
          .isEqualTo(secret().getData().get("ca.crt"));
      assertThat(plane.out()).doesNotContain("PRIVATE");
      assertThat(field(OURS, "{.spec.caBundle}")).isEmpty();
    }
  }

  private Started plane(String... flags) throws IOException {
    List<String> words =
        new ArrayList<>(
            List.of(
                "serve",
                "--kubernetes.kubeconfig",
                account.kubeconfig(folder).toString(),
                "--kubernetes.namespaces",
                home.name(),
                "--observation.port",
                "0",
                "--adapter.port",
                "0",
                "--adapter.self-signed.namespace",
                home.name(),
                "--act.ca-bundle",
                "true",
                "--act.lease.namespace",
                home.name()));
    words.addAll(List.of(flags));
    return Started.inferscale(folder, words.toArray(String[]::new));
  }

  private static int port(Started plane, Pattern line) {
    return Integer.parseInt(plane.awaitSaid(line).group(1));
  }

  private void register(String name, String namespace, int port) {
    String[] versionAndGroup = name.split("\\.", 2);
    home.apply(
        """
        apiVersion: apiregistration.k8s.io/v1
        kind: APIService
        metadata: {name: %s}
        spec:
          group: %s
          version: %s
          groupPriorityMinimum: 100
          versionPriority: 100
          service: {name: inferscale, namespace: %s, port: %d}
        """
            .formatted(name, versionAndGroup[1], versionAndGroup[0], namespace, port));
  }

  private String available() {
    return field(OURS, "{.status.conditions[?(@.type==\"Available\")].status}");
  }

  private String field(String apiService, String path) {
    return bed.kubectl("get", "apiservice", apiService, "-o", "jsonpath=" + path);
  }

  private Secret secret() {
    return home.kube().secrets().inNamespace(home.name()).withName(SECRET).get();
  }

  /// Through the API server.
  private String read() {
    return bed.kubectl("get", "--raw", "/apis/external.metrics.k8s.io/v1beta1");
  }

  /// What a handshake shows, once the Secret's authority vouches for it.
  private Certificate served(int port) throws IOException, GeneralSecurityException {
    KeyStore authorities = KeyStore.getInstance("PKCS12");
    authorities.load(null, null);
    byte[] authority = Base64.getDecoder().decode(secret().getData().get("ca.crt"));
    authorities.setCertificateEntry(
        "ca",
        CertificateFactory.getInstance("X.509")
            .generateCertificate(new ByteArrayInputStream(authority)));
    TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(authorities);
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(null, trust.getTrustManagers(), null);
    try (SSLSocket socket = (SSLSocket) tls.getSocketFactory().createSocket("127.0.0.1", port)) {
      socket.startHandshake();
      return socket.getSession().getPeerCertificates()[0];
    }
  }

  /// How many requests its metrics API has answered.
  private static double asked(Started plane) throws IOException {
    return page(plane)
        .lines()
        .filter(line -> line.startsWith("inferscale_requests_total{"))
        .filter(line -> line.contains("server=\"adapter\"") && line.contains("code=\"200\""))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
        .sum();
  }

  private static String page(Started plane) throws IOException {
    URI page = URI.create("http://127.0.0.1:" + port(plane, OBSERVATION) + "/metrics");
    try (InputStream in = page.toURL().openStream()) {
      return new String(in.readAllBytes(), UTF_8);
    }
  }
}
