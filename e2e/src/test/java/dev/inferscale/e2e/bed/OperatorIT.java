package dev.inferscale.e2e.bed;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.e2e.Started;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// The operator's commands on a genuine cluster: `doctor`, `explain`, `hpa` and `top`.
@ExtendWith(BedExtension.class)
final class OperatorIT {
  private static final String WAITING = "inference_requests_waiting";

  private static final String TEN_EACH =
      ScaledDeployment.external(WAITING, "chat", "averageValue: 10");

  private static final String EXTERNAL_WAITING =
      "{type: External, external: {metric: {name: inference_requests_waiting, selector: {matchLabels:"
          + " {pool: chat}}}, target: {type: AverageValue, averageValue: \"10\"}}}";

  private static final String CPU =
      "{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}";

  @TempDir private static Path folder;

  private static RegisteredAdapter adapter;

  private final Bed bed;
  private final BedNamespace home;

  private LiveEngine engine;

  OperatorIT(Bed bed, BedNamespace home) {
    this.bed = bed;
    this.home = home;
  }

  /// What a command did.
  ///
  /// @param out what it printed
  private record Ended(int status, String out) {}

  @BeforeAll
  static void register(Bed bed, BedNamespace home) throws IOException {
    PlaneAccount account = new PlaneAccount(bed, home);
    account.grant("lease.yaml");
    account.grant("namespaced/status-writer.yaml");
    adapter =
        RegisteredAdapter.start(
            bed, home, folder, "--act.status", "true", "--act.lease.namespace", home.name());
  }

  @AfterAll
  static void unregister() {
    if (adapter != null) {
      adapter.close();
    }
  }

  @BeforeEach
  void serve() throws IOException {
    engine = new LiveEngine().shows("/metrics", 35, 10);
    home.servedBy("served", engine.address());
    home.apply(
        """
        apiVersion: inferscale.dev/v1alpha1
        kind: ModelPool
        metadata: {name: chat}
        spec:
          model: acme/chat
          source: {pods: {selector: {matchLabels: {app: served}}, ports: [%d]}}
          interval: 1s
          scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: chat}
          capacity: {coldStart: 90s, minReplicas: 1, maxReplicas: 8}
        """
            .formatted(engine.port()));
    home.awaitThat("it is measured", () -> adapter.plane().value("chat", WAITING) == 35);
  }

  @AfterEach
  void clear() {
    ScaledDeployment.clear(home);
    home.clear();
    engine.close();
  }

  private static Ended inferscale(String... args) throws IOException, InterruptedException {
    try (Started command = Started.inferscale(folder, args)) {
      int status = command.status();
      return new Ended(status, command.out() + command.err());
    }
  }

  private Ended onCluster(String... args) throws IOException, InterruptedException {
    return inferscale(
        Stream.concat(
                Stream.of(args),
                Stream.of("--kubeconfig", bed.kubeconfig().toString(), "-n", home.name()))
            .toArray(String[]::new));
  }

  /// Scaled by what waits: 35 of 10 each.
  private ScaledDeployment scaled(String deployment) {
    ScaledDeployment scaled = new ScaledDeployment(home, deployment).between(1, 10, TEN_EACH);
    awaitReplicas(scaled, 4);
    return scaled;
  }

  /// Waits until there are so many, as the HPA needs to know for its arithmetic.
  private void awaitReplicas(ScaledDeployment scaled, int count) {
    home.awaitThat(
        count + " replicas", () -> scaled.deployment().getStatus().getReplicas() == count);
  }

  @Test
  void aHealthyClusterIsFineInEachStep() throws Exception {
    home.unscheduled("healthy", 1);
    var _ = scaled("healthy");
    bed.kubectl(
        "wait", "modelpool/chat", "-n", home.name(), "--for=condition=Ready", "--timeout=60s");

    Ended doctor = onCluster("doctor");

    assertThat(doctor.status()).as(doctor.out()).isZero();
    Golden.assertPrinted("doctor-healthy.txt", doctor.out());
  }

  /// Case P06.
  @Test
  void twoAutoscalersOfOneTargetAreNamed() throws Exception {
    home.unscheduled("chat-9b", 1);
    home.apply(hpaOf("chat-9b-plain", EXTERNAL_WAITING));
    home.apply(hpaOf("chat-9b-cpu", CPU));

    Ended doctor = onCluster("doctor");
    Ended explain = onCluster("explain", "hpa/chat-9b-plain");

    assertThat(doctor.status()).as(doctor.out()).isEqualTo(1);
    assertThat(doctor.out())
        .contains(
            "WRONG  operator/deployment/chat-9b: hpa/chat-9b-cpu and hpa/chat-9b-plain scale it"
                + " against each other");
    assertThat(explain.status()).as(explain.out()).isZero();
    assertThat(explain.out())
        .contains("warning   deployment/chat-9b: hpa/chat-9b-cpu and hpa/chat-9b-plain scale it");
  }

  /// Case P06 too: KEDA's ScaledObject scales its target through an HPA of its own.
  @Test
  void anHpaAndAScaledObjectOfOneTargetAreNamed() throws Exception {
    bed.defineScaledObjects();
    home.unscheduled("chat-9b", 1);
    home.apply(hpaOf("chat-9b-plain", EXTERNAL_WAITING));
    home.apply(
        """
        apiVersion: keda.sh/v1alpha1
        kind: ScaledObject
        metadata: {name: chat-9b}
        spec:
          scaleTargetRef: {name: chat-9b}
          triggers: [{type: external, metadata: {scalerAddress: "inferscale:6000", pool: chat}}]
        """);
    try {
      Ended doctor = onCluster("doctor");
      Ended explain = onCluster("explain", "hpa/chat-9b-plain");

      assertThat(doctor.status()).as(doctor.out()).isEqualTo(1);
      assertThat(doctor.out())
          .contains(
              "WRONG  operator/deployment/chat-9b: hpa/chat-9b-plain and scaledobject/chat-9b scale"
                  + " it against each other");
      assertThat(explain.status()).as(explain.out()).isZero();
      assertThat(explain.out())
          .contains(
              "warning   deployment/chat-9b: hpa/chat-9b-plain and scaledobject/chat-9b scale it");
    } finally {
      bed.kubectl("delete", "crd", "scaledobjects.keda.sh");
    }
  }

  /// Another adapter's registration is seen, named and left alone.
  @Test
  void anApiServiceOfKedaIsLeftAlone() throws Exception {
    String ours = "inferscale";
    own("v1beta1.external.metrics.k8s.io", "keda-operator-metrics-apiserver");
    try {
      Ended doctor = onCluster("doctor");

      assertThat(doctor.status()).as(doctor.out()).isZero();
      assertThat(doctor.out())
          .contains(
              "note   apiservice/v1beta1.external.metrics.k8s.io: belongs to KEDA"
                  + " (operator/keda-operator-metrics-apiserver) and is left alone");
      assertThat(owner("v1beta1.external.metrics.k8s.io"))
          .isEqualTo("keda-operator-metrics-apiserver");
    } finally {
      own("v1beta1.external.metrics.k8s.io", ours);
      home.awaitThat(
          "it is ours again", () -> adapter.available().stream().allMatch("True Passed"::equals));
    }
  }

  @Test
  void aPoolWhoseStatusNobodyWritesIsNoted() throws Exception {
    bed.kubectl("create", "namespace", "operator-elsewhere");
    try {
      Path pool = folder.resolve("elsewhere.yaml");
      Files.writeString(
          pool,
          """
          apiVersion: inferscale.dev/v1alpha1
          kind: ModelPool
          metadata: {name: lonely, namespace: operator-elsewhere}
          spec:
            model: acme/chat
            source: {pods: {selector: {matchLabels: {app: lonely}}, ports: [8000]}}
          """,
          UTF_8);
      bed.kubectl("apply", "-f", pool.toString());

      Ended doctor =
          inferscale(
              "doctor", "--kubeconfig", bed.kubeconfig().toString(), "-n", "operator-elsewhere");

      assertThat(doctor.status()).as(doctor.out()).isZero();
      assertThat(doctor.out())
          .contains("note   modelpool/operator-elsewhere/lonely: no plane has written its status");
    } finally {
      bed.kubectl("delete", "namespace", "operator-elsewhere");
    }
  }

  @Test
  void explainShowsTheArithmeticThatTheControllerDoes() throws Exception {
    home.unscheduled("arithmetic", 1);
    ScaledDeployment scaled = scaled("arithmetic");

    Ended explain = onCluster("explain", "hpa/arithmetic");

    assertThat(explain.status()).as(explain.out()).isZero();
    Golden.assertPrinted("explain-hpa.txt", explain.out());
    int desired = scaled.status().getDesiredReplicas();
    assertThat(explain.out()).contains("desired   " + desired + ":");
  }

  @Test
  void explainReadsPodsAndObjectMetricsToo() throws Exception {
    home.unscheduled("served", 1);
    var scaled = new ScaledDeployment(home, "served");
    scaled.between(
        1,
        10,
        """
          - type: Object
            object:
              describedObject: {apiVersion: inferscale.dev/v1alpha1, kind: ModelPool, name: chat}
              metric: {name: inference_requests_waiting}
              target: {type: AverageValue, averageValue: 10}
          - type: Pods
            pods:
              metric: {name: inference_requests_running}
              target: {type: AverageValue, averageValue: 20}
        """);
    awaitReplicas(scaled, 4);

    Ended explain = onCluster("explain", "hpa/served");

    assertThat(explain.status()).as(explain.out()).isZero();
    Golden.assertPrinted("explain-hpa-custom.txt", explain.out());
  }

  @Test
  void explainShowsWhatEachPodSaidBehindAnHpaWhereAPlaneIsNamed() throws Exception {
    home.unscheduled("behind", 1);
    scaled("behind");

    Ended explain =
        onCluster("explain", "hpa/behind", "--server", adapter.plane().observation().toString());

    assertThat(explain.status()).as(explain.out()).isZero();
    assertThat(explain.out())
        .contains("pool " + home.name() + "/chat, fold: sum = ")
        .containsPattern("requests_waiting \\d+ -> \\d+")
        .contains("desired   4:");
  }

  /// Case P05. Without a feature gate the API server takes no minReplicas of 0, and the controller
  /// leaves a target that was set to 0 alone.
  @Test
  void atNoReplicasNothingIsDividedByThem() throws Exception {
    engine.shows("/metrics", 0, 10);
    home.awaitThat("nothing waits", () -> adapter.plane().value("chat", WAITING) == 0);
    home.unscheduled("zero", 0);
    new ScaledDeployment(home, "zero").between(1, 10, TEN_EACH);

    Ended explain = onCluster("explain", "hpa/zero");

    assertThat(explain.status()).as(explain.out()).isZero();
    assertThat(explain.out())
        .contains("0 replicas: desired = ceil(sum/target) = ceil(0 / 10) = 0")
        .doesNotContain("-9223372036854775808", "NaN", "Infinity");
  }

  @Test
  void theHpaThatItPrintsIsAcceptedForEachKindOfTraffic() throws Exception {
    for (String traffic : List.of("steady", "bursty", "batch")) {
      Ended printed =
          inferscale(
              "hpa",
              "--pool",
              home.name() + "/chat",
              "--traffic",
              traffic,
              "--tokens",
              "4000",
              "--server",
              adapter.plane().observation().toString());
      assertThat(printed.status()).as(printed.out()).isZero();
      Path file = Files.writeString(folder.resolve(traffic + ".yaml"), printed.out(), UTF_8);

      assertThat(bed.kubectl("apply", "--dry-run=server", "-f", file.toString()))
          .contains("horizontalpodautoscaler.autoscaling/", "created (server dry run)");
    }
  }

  @Test
  void topPrintsItsTableOnce() throws Exception {
    Ended top = inferscale("top", "--once", "--server", adapter.plane().observation().toString());

    assertThat(top.status()).as(top.out()).isZero();
    assertThat(top.out().lines().toList())
        .hasSize(2)
        .first()
        .asString()
        .startsWith("POOL")
        .contains("WAITING", "QUEUE WAIT", "TARGETS");
    assertThat(top.out().lines().toList().getLast()).matches("operator/chat .* 35 +10 .* 1/1 .*");
  }

  private void own(String apiService, String service) {
    bed.kubectl(
        "patch",
        "apiservice",
        apiService,
        "--type=merge",
        "-p",
        "{\"spec\": {\"service\": {\"name\": \"" + service + "\"}}}");
  }

  private String owner(String apiService) {
    return bed.kubectl("get", "apiservice", apiService, "-o", "jsonpath={.spec.service.name}");
  }

  private static String hpaOf(String name, String metric) {
    return """
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata: {name: %s}
    spec:
      scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: chat-9b}
      maxReplicas: 8
      metrics: [%s]
    """
        .formatted(name, metric);
  }
}
