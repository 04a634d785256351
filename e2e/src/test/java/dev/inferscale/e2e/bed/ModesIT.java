package dev.inferscale.e2e.bed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.e2e.Started;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// What a plane is to a cluster without and with the real KEDA, by the rights of the manifests, and
/// that KEDA's APIService stays as KEDA has it.
@ExtendWith(BedExtension.class)
final class ModesIT {
  private static final String EXTERNAL = "v1beta1.external.metrics.k8s.io";

  @TempDir private Path folder;
  private final Bed bed;
  private final BedNamespace home;
  private PlaneAccount account;

  ModesIT(Bed bed, BedNamespace home) {
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
            "namespaced/scaled-object-reader.yaml",
            "namespaced/reader.yaml")) {
      account.grant(file);
    }
  }

  @AfterEach
  void takeBack() {
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
  void withoutKedaItIsExternalAndWithItKedasAndKedasRegistrationIsNeverTouched() throws Exception {
    try (PlaneOnBed plane = plane()) {
      home.awaitThat("nobody is registered", () -> mode(plane).equals("external"));
      assertThat(plane.text("metrics")).contains(row("absent", ""));

      try (KedaOnBed _ = KedaOnBed.start(bed, folder)) {
        String before = registration();
        home.awaitThat("KEDA is seen", () -> mode(plane).equals("keda"));
        assertThat(plane.text("metrics")).contains(row("keda", "keda/keda-operator"));
        home.awaitThat(
            "the log says so",
            () -> plane.log().contains("external.metrics.k8s.io is KEDA's (keda/keda-operator)"));
        home.awaitThat(
            "the writer of caBundle has looked",
            () -> plane.log().contains("leads to Service keda/keda-operator, not to our"));
        assertThat(registration()).isEqualTo(before);

        mistakesAreNamed(plane);
        anotherModeIsWarnedOf();
        assertThat(registration()).isEqualTo(before);
      }
      home.awaitThat("KEDA is gone", () -> mode(plane).equals("external"));
    }
  }

  /// Case K04.
  private void mistakesAreNamed(PlaneOnBed plane) throws Exception {
    home.unscheduled("chat-9b", 1);
    home.apply(
        """
        apiVersion: keda.sh/v1alpha1
        kind: ScaledObject
        metadata: {name: chat-9b}
        spec:
          scaleTargetRef: {name: chat-9b}
          minReplicaCount: 0
          maxReplicaCount: 8
          triggers:
          - type: external-push
            metadata: {scalerAddress: "127.0.0.1:%d", pool: chat-9b, signal: inference_requests_waitng, target: "4", activationTreshold: "2"}
        """
            .formatted(plane.keda()));
    try {
      home.awaitThat(
          "the plane warns",
          () ->
              plane
                  .text("metrics")
                  .contains("inferscale_scaled_object_warnings{kind=\"bad_trigger\"} 1.0"));
      assertThat(plane.log())
          .contains("did you mean inference_requests_waiting?")
          .contains("did you mean activationThreshold?");

      String doctor = doctor();

      assertThat(doctor)
          .contains("apiservice/" + EXTERNAL + ": belongs to KEDA (keda/keda-operator)")
          .contains(
              "WRONG  scaledobject/"
                  + home.name()
                  + "/chat-9b: triggers[0]: signal is 'inference_requests_waitng', which there is"
                  + " not; did you mean inference_requests_waiting?")
          .contains("the key 'activationTreshold' is not read; did you mean activationThreshold?");
    } finally {
      // While KEDA runs: its finalizer would hold the namespace back.
      bed.kubectl("delete", "scaledobjects", "--all", "--namespace", home.name());
      home.clear();
    }
  }

  private void anotherModeIsWarnedOf() throws IOException {
    try (PlaneOnBed external = plane("--apis.mode", "external")) {
      home.awaitThat(
          "the contradiction is named",
          () ->
              external
                  .log()
                  .contains("apis.mode is external, but external.metrics.k8s.io is KEDA's"));
      assertThat(mode(external)).isEqualTo("external");
    }
  }

  private PlaneOnBed plane(String... flags) throws IOException {
    List<String> words =
        new ArrayList<>(
            List.of(
                "--adapter.self-signed.namespace",
                home.name(),
                "--act.ca-bundle",
                "true",
                "--act.lease.namespace",
                home.name(),
                "--keda.port",
                "0",
                "--keda.health-port",
                "0"));
    words.addAll(List.of(flags));
    return PlaneOnBed.start(account.kubeconfig(folder), home, folder, words.toArray(String[]::new));
  }

  private String doctor() throws IOException, InterruptedException {
    try (Started command =
        Started.inferscale(
            folder, "doctor", "--kubeconfig", bed.kubeconfig().toString(), "-n", home.name())) {
      int status = command.status();
      assertThat(status).as(command.out() + command.err()).isEqualTo(1);
      return command.out();
    }
  }

  /// All of KEDA's APIService that somebody may write, and who has.
  private String registration() {
    return bed.kubectl(
        "get",
        "apiservice",
        EXTERNAL,
        "--show-managed-fields",
        "-o",
        "jsonpath={.metadata.uid} {.metadata.generation} {.metadata.labels} {.metadata.annotations}"
            + " {.spec} {.metadata.managedFields[?(@.subresource!=\"status\")].manager}");
  }

  private static String mode(PlaneOnBed plane) throws IOException {
    return plane
        .text("metrics")
        .lines()
        .filter(line -> line.startsWith("inferscale_mode{") && line.endsWith(" 1.0"))
        .map(line -> line.replaceAll(".*mode=\"(\\w+)\".*", "$1"))
        .findFirst()
        .orElse("");
  }

  private static String row(String owner, String service) {
    return "inferscale_apiservice{apiservice=\"%s\",owner=\"%s\",service=\"%s\"} 1.0"
        .formatted(EXTERNAL, owner, service);
  }
}
