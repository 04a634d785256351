package dev.inferscale.e2e.bed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// Who reads our metrics through a genuine API server, and who does not.
@ExtendWith(BedExtension.class)
final class AuthIT {
  @TempDir private static Path folder;

  private static RegisteredAdapter adapter;

  private final Bed bed;
  private final BedNamespace home;

  AuthIT(Bed bed, BedNamespace home) {
    this.bed = bed;
    this.home = home;
  }

  @BeforeAll
  static void register(Bed bed, BedNamespace home) throws IOException {
    home.node("a");
    home.workers("chat", 1);
    home.pool("chat");
    adapter = RegisteredAdapter.start(bed, home, folder);
    home.awaitThat("the pool is measured", () -> adapter.plane().coverage("chat").equals("1/1"));
  }

  @AfterAll
  static void unregister() {
    if (adapter != null) {
      adapter.close();
    }
  }

  private String metric() {
    return "/apis/external.metrics.k8s.io/v1beta1/namespaces/"
        + home.name()
        + "/inference_requests_running";
  }

  @Test
  void theApiServerTakesItForAvailableAndItsAdministratorReads() {
    assertThat(adapter.available()).containsOnly("True Passed");
    assertThat(bed.kubectl("get", "--raw", metric()))
        .contains("\"kind\":\"ExternalMetricValueList\"", "\"value\":\"0\"");
  }

  @Test
  void whoHasNoRightIsForbiddenInKubernetesOwnWordsAndReadsOnceItHasIt() {
    assertThatThrownBy(() -> bed.kubectl("get", "--raw", metric(), "--as", "nobody"))
        .hasMessageContaining(
            "inference_requests_running.external.metrics.k8s.io is forbidden: User \"nobody\" cannot"
                + " list resource \"inference_requests_running\" in API group"
                + " \"external.metrics.k8s.io\" in the namespace \""
                + home.name()
                + "\"");
    home.apply(
        """
        apiVersion: rbac.authorization.k8s.io/v1
        kind: RoleBinding
        metadata: {name: viewers}
        roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
        subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: nobody}]
        """);

    home.awaitThat(
        "the right counts",
        () -> bed.kubectl("get", "--raw", metric(), "--as", "nobody").contains("\"value\":\"0\""));
  }

  @Test
  void theHpaReadsAndItsReadsCostNoQuestion() throws IOException {
    String hpa = "system:serviceaccount:kube-system:horizontal-pod-autoscaler";

    assertThat(bed.kubectl("get", "--raw", metric(), "--as", hpa)).contains("\"value\":\"0\"");
    double asked = reviews();
    for (int i = 0; i < 20; i++) {
      bed.kubectl("get", "--raw", metric(), "--as", hpa);
    }

    // The API server's own calls ask something now and then.
    assertThat(reviews() - asked).as("questions for twenty reads").isLessThan(10);
  }

  private double reviews() throws IOException {
    return adapter
        .plane()
        .text("metrics")
        .lines()
        .filter(line -> line.startsWith("apiserver_delegated_authz_request_total{code=\"201\"}"))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf(' '))))
        .sum();
  }

  @Test
  void aTokenIsKnownWithoutTheAggregatorAndNothingElseIs() throws Exception {
    home.apply(
        """
        apiVersion: v1
        kind: ServiceAccount
        metadata: {name: reader}
        """);
    home.apply(
        """
        apiVersion: rbac.authorization.k8s.io/v1
        kind: RoleBinding
        metadata: {name: reader}
        roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
        subjects: [{kind: ServiceAccount, name: reader, namespace: %s}]
        """
            .formatted(home.name()));
    String token = bed.kubectl("create", "token", "reader", "-n", home.name()).strip();

    assertThat(adapter.direct(metric(), "Authorization", "Bearer " + token).body())
        .contains("\"value\":\"0\"");
    HttpResponse<String> wrong = adapter.direct(metric(), "Authorization", "Bearer " + token + "x");
    assertThat(wrong.statusCode()).isEqualTo(401);
    assertThat(wrong.body()).contains("\"message\":\"Unauthorized\"");
    HttpResponse<String> pretending =
        adapter.direct(metric(), "X-Remote-User", "root", "X-Remote-Group", "system:masters");
    assertThat(pretending.statusCode()).isEqualTo(403);
    assertThat(pretending.body()).contains("User \\\"system:anonymous\\\" cannot list");
    assertThat(adapter.direct("/readyz?verbose").body()).contains("[+]callers ok");
  }

  @Test
  void theApiServersOwnCallsAreAnswered() {
    home.awaitThat(
        "it has asked for what it wants to know",
        () -> bed.kubectl("get", "--raw", "/openapi/v3").contains("external.metrics.k8s.io"));
    assertThat(bed.kubectl("get", "--raw", "/apis/external.metrics.k8s.io/v1beta1"))
        .contains("APIResourceList");
  }

  /// The priorities of the APIServices decide which version the HPA asks for.
  @Test
  void ofCustomMetricsTheNewerVersionIsPreferred() {
    assertThat(bed.kubectl("get", "--raw", "/apis/custom.metrics.k8s.io"))
        .contains(
            "\"preferredVersion\":{\"groupVersion\":\"custom.metrics.k8s.io/v1beta2\",\"version\":\"v1beta2\"}");
  }
}
