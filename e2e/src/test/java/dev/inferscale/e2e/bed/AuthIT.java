package dev.inferscale.e2e.bed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
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
    assertThat(adapter.available()).isEqualTo("True Passed");
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
  void theHpaReads() {
    String hpa = "system:serviceaccount:kube-system:horizontal-pod-autoscaler";

    assertThat(bed.kubectl("get", "--raw", metric(), "--as", hpa)).contains("\"value\":\"0\"");
  }
}
