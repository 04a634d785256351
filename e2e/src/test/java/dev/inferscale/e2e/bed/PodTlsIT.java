package dev.inferscale.e2e.bed;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Base64;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// Pods that speak TLS with an authority of their own and want a token, read by a plane that has no
/// more rights than the manifests give.
@ExtendWith(BedExtension.class)
final class PodTlsIT {
  private static final String WAITING = "inference_requests_waiting";
  private static final String READER = "inferscale-secret-reader";
  private static final String FIRST = "first-token-of-the-engine";
  private static final String SECOND = "second-token-of-the-engine";

  @TempDir private static Path folder;
  private static PlaneAccount account;
  private static EngineAuthority authority;
  private static EngineAuthority other;

  @BeforeAll
  static void prepare(Bed bed, BedNamespace home) throws IOException, GeneralSecurityException {
    account = new PlaneAccount(bed, home);
    account.grant("namespaced/reader.yaml");
    authority = new EngineAuthority(folder);
    other = new EngineAuthority(folder);
  }

  @AfterEach
  void clear(BedNamespace home) {
    home.clear();
    home.kube().secrets().inNamespace(home.name()).delete();
    home.kube().rbac().roleBindings().inNamespace(home.name()).withName(READER).delete();
  }

  @Test
  void aPoolIsReadOnceItsSecretsMayBeReadAndAreRightAndFollowsThem(BedNamespace home)
      throws Exception {
    try (LiveEngine engine = new LiveEngine(authority.server()).showsTo(FIRST, "/metrics");
        PlaneOnBed plane = plane(home)) {
      pool(home, engine, "caSecretRef: {name: engine-ca, key: ca.crt}", true);
      awaitMissing(home, plane, "config", "the plane may not get Secret");
      assertThat(explanation(plane)).contains("secret-reader.yaml grants it");

      account.grant("namespaced/secret-reader.yaml");
      awaitMissing(home, plane, "config", "there is no Secret");
      secret(home, "engine-token", "token", FIRST);
      secret(home, "engine-ca", "ca.crt", other.pem());
      awaitMissing(home, plane, "unreachable", "TLS failed: no authority");
      assertThat(engine.asked()).isZero();
      secret(home, "engine-ca", "ca.crt", authority.pem());
      awaitValue(home, plane);

      engine.showsTo(SECOND, "/metrics");
      awaitMissing(home, plane, "unreachable", "answers 401; is the token");
      long rotated = System.nanoTime();
      secret(home, "engine-token", "token", SECOND + "\n");
      awaitValue(home, plane);
      System.out.printf(
          "from a rotated token to a value: %d ms%n", (System.nanoTime() - rotated) / 1_000_000);

      home.kube().secrets().inNamespace(home.name()).withName("engine-token").delete();
      awaitMissing(home, plane, "config", "there is no Secret");
      String shown = plane.text("api/v1/pools") + plane.text("metrics") + plane.log();
      assertThat(shown).contains("read credentials of a pool").doesNotContain(FIRST, SECOND, "MII");
    }
  }

  @Test
  void anAuthorityIsReplacedByWayOfABundleOfBoth(BedNamespace home) throws Exception {
    account.grant("namespaced/secret-reader.yaml");
    secret(home, "engine-ca", "ca.crt", authority.pem());
    try (LiveEngine engine = new LiveEngine(authority.server()).shows("/metrics");
        LiveEngine next = new LiveEngine(other.server()).shows("/metrics");
        PlaneOnBed plane = plane(home)) {
      pool(home, engine, "caSecretRef: {name: engine-ca, key: ca.crt}", false);
      awaitValue(home, plane);

      secret(home, "engine-ca", "ca.crt", authority.pem() + other.pem());
      pool(home, next, "caSecretRef: {name: engine-ca, key: ca.crt}", false);
      home.awaitThat("the next engine is asked", () -> next.asked() > 0);
      awaitValue(home, plane);

      secret(home, "engine-ca", "ca.crt", authority.pem());
      awaitMissing(home, plane, "unreachable", "TLS failed: no authority");
      pool(home, engine, "caSecretRef: {name: engine-ca, key: ca.crt}", false);
      awaitValue(home, plane);
    }
  }

  @Test
  void withoutChecksItIsReadAndWarns(BedNamespace home) throws Exception {
    try (LiveEngine engine = new LiveEngine(other.server()).shows("/metrics");
        PlaneOnBed plane = plane(home)) {
      pool(home, engine, "insecureSkipVerify: true", false);

      awaitValue(home, plane);
      JsonNode warnings = plane.pools().at("/pools/0/warnings");
      assertThat(warnings).hasSize(1);
      assertThat(warnings.path(0).asText()).contains("insecureSkipVerify: certificates are not");
    }
  }

  private static PlaneOnBed plane(BedNamespace home) throws IOException {
    return PlaneOnBed.start(account.kubeconfig(folder), home, folder);
  }

  private static void pool(BedNamespace home, LiveEngine engine, String tls, boolean token) {
    String key = "bearerTokenSecretRef: {name: engine-token, key: token}";
    home.apply(
        """
        apiVersion: inferscale.dev/v1alpha1
        kind: ModelPool
        metadata: {name: chat}
        spec:
          model: acme/chat
          source:
            pods:
              selector: {matchLabels: {app: chat}}
              ports: [%d]
              scheme: https
              tls: {%s}
              %s
          interval: 1s
          missing: {staleAfter: 3s}
        """
            .formatted(engine.port(), tls, token ? key : ""));
    home.servedBy("chat", engine.address());
  }

  private static void secret(BedNamespace home, String name, String key, String value) {
    home.apply(
        """
        apiVersion: v1
        kind: Secret
        metadata: {name: %s}
        data: {%s: %s}
        """
            .formatted(name, key, Base64.getEncoder().encodeToString(value.getBytes(UTF_8))));
  }

  private static void awaitValue(BedNamespace home, PlaneOnBed plane) {
    home.awaitThat("the engine's value is there", () -> plane.value("chat", WAITING) == 8);
  }

  private static void awaitMissing(
      BedNamespace home, PlaneOnBed plane, String reason, String words) {
    home.awaitThat(
        reason + ": " + words,
        () -> plane.coverage("chat").equals(reason) && explanation(plane).contains(words));
  }

  private static String explanation(PlaneOnBed plane) throws IOException {
    return plane.signal("chat", "inference_requests_running").path("explanation").asText();
  }
}
