package dev.inferscale.e2e.bed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.inferscale.app.plane.KubernetesSection;
import dev.inferscale.app.plane.Plane;
import dev.inferscale.app.plane.PlaneConfig;
import dev.inferscale.launch.MonotonicTime;
import dev.inferscale.signals.pool.PoolId;
import dev.inferscale.signals.profile.Signal;
import dev.inferscale.signals.snapshot.Absence;
import dev.inferscale.signals.snapshot.Answer;
import dev.inferscale.signals.snapshot.Pool;
import dev.inferscale.signals.snapshot.Pool.TargetState;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// A plane that finds its pools and pods in a real API server. The pods' statuses are written by
/// the test, as a kubelet would; their metrics pages are servers of the test on loopback.
final class DiscoveryIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private static KubernetesClient cluster;
  private static Plane plane;
  private static int number;

  private final MetricsPages pages = new MetricsPages();
  private String namespace = "";

  @BeforeAll
  static void start() {
    Bed bed = Bed.shared();
    cluster = bed.kube();
    PlaneConfig defaults = PlaneConfig.defaults().onPorts(0, 0);
    KubernetesSection found =
        new KubernetesSection(
            KubernetesSection.Mode.KUBECONFIG, Optional.of(bed.kubeconfig()), List.of(), List.of());
    plane = Plane.start(defaults.reaching(found), List.of(), "test", new MonotonicTime());
  }

  @AfterAll
  static void end() {
    plane.close();
  }

  @BeforeEach
  void useNamespace() {
    number++;
    namespace = "discovery-" + Long.toString(System.nanoTime(), 36) + "-" + number;
    cluster
        .namespaces()
        .resource(
            new NamespaceBuilder().withNewMetadata().withName(namespace).endMetadata().build())
        .create();
  }

  @AfterEach
  void dropNamespace() {
    cluster.namespaces().withName(namespace).delete();
    pages.close();
  }

  private void pool(String... lines) {
    GenericKubernetesResource pool =
        Serialization.unmarshal(
            """
            apiVersion: inferscale.dev/v1alpha1
            kind: ModelPool
            metadata: {name: chat, namespace: %s}
            spec:
              model: acme/chat
              interval: 1s
              source: {pods: {selector: {matchLabels: {app: chat}}, ports: [%d]}}
              %s
            """
                .formatted(namespace, pages.port(), String.join("\n  ", lines)),
            GenericKubernetesResource.class);
    cluster.resource(pool).createOr(existing -> existing.update());
  }

  private void pod(String name) {
    cluster
        .pods()
        .inNamespace(namespace)
        .resource(
            new PodBuilder()
                .withNewMetadata()
                .withName(name)
                .addToLabels("app", "chat")
                .addToFinalizers("inferscale.dev/test")
                .endMetadata()
                .withNewSpec()
                .addNewContainer()
                .withName("server")
                .withImage("server")
                .endContainer()
                .endSpec()
                .build())
        .create();
  }

  /// As a kubelet writes it: over whatever else stands there, which the scheduler changes too.
  private void status(String name, String phase, String ip, boolean ready) {
    cluster
        .pods()
        .inNamespace(namespace)
        .withName(name)
        .subresource("status")
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            """
            {"status": {"phase": "%s", "podIP": "%s", "podIPs": [{"ip": "%s"}],
                        "conditions": [{"type": "Ready", "status": "%s"}]}}
            """
                .formatted(phase, ip, ip, ready ? "True" : "False"));
  }

  private void serving(String name, int waiting) throws IOException {
    pod(name);
    status(name, "Running", pages.show(waiting), true);
  }

  private void letGo(String name) {
    cluster
        .pods()
        .inNamespace(namespace)
        .withName(name)
        .edit(pod -> {
          pod.getMetadata().setFinalizers(List.of());
          return pod;
        });
  }

  private @Nullable Pool seen() {
    return plane.latest().pools().get(new PoolId(namespace, "chat"));
  }

  private Answer answer(Signal signal) {
    Pool pool = seen();
    return pool == null
        ? new Answer.Missing(Absence.UNKNOWN_POOL, "there is no such pool", null)
        : pool.answer(signal, OptionalDouble.empty(), plane.time().instant());
  }

  private Answer awaited(Signal signal, String what, Predicate<Answer> wanted) {
    return await()
        .alias(what)
        .atMost(LIMIT)
        .pollInterval(Duration.ofMillis(20))
        .until(() -> answer(signal), wanted);
  }

  /// The sum of what waits, over so many targets, all of which answer.
  private Answer.Value awaitWaiting(double sum, int targets) {
    return (Answer.Value)
        awaited(
            Signal.REQUESTS_WAITING,
            sum + " waiting at " + targets + " targets",
            answer ->
                answer instanceof Answer.Value value
                    && value.number() == sum
                    && value.targetsCovered() == targets
                    && value.targetsTotal() == targets);
  }

  private Answer.Missing awaitMissing(Signal signal, Absence why) {
    return (Answer.Missing)
        awaited(signal, why.word(), answer -> answer instanceof Answer.Missing m && m.why() == why);
  }

  private void awaitNumber(Signal signal, double number) {
    awaited(
        signal,
        signal.wireName() + " " + number,
        answer -> answer instanceof Answer.Value value && value.number() == number);
  }

  private List<String> targets() {
    return Objects.requireNonNull(seen()).targets(plane.time().instant()).stream()
        .map(TargetState::name)
        .toList();
  }

  /// Case M03.
  @Test
  void podsThatDoNotServeCountNowhere() throws Exception {
    pool();
    serving("chat-0", 10);
    serving("chat-1", 100);
    serving("chat-2", 1000);
    awaitWaiting(1110, 3);

    status("chat-1", "Failed", "127.0.0.1", false);
    awaitWaiting(1010, 2);
    cluster.pods().inNamespace(namespace).withName("chat-2").delete();
    Answer.Value left = awaitWaiting(10, 1);

    assertThat(left.quality().word()).isEqualTo("exact");
    assertThat(targets()).containsExactly("chat-0");
    letGo("chat-2");
    letGo("chat-1");
    status("chat-0", "Succeeded", "127.0.0.1", false);
    awaitMissing(Signal.REQUESTS_WAITING, Absence.NO_TARGETS);
  }

  @Test
  void aPodThatIsReadyLateIsNeverAMissingTarget() throws Exception {
    pool();
    serving("chat-0", 10);
    awaitWaiting(10, 1);
    pod("chat-1");
    String late = pages.reserve();
    status("chat-1", "Running", late, false);

    await().atMost(LIMIT).until(() -> targets().contains("chat-1"));
    awaitWaiting(10, 1);
    pages.show(late, 5);
    long ready = System.nanoTime();
    status("chat-1", "Running", late, true);
    awaitWaiting(15, 2);
    System.out.printf(
        "from pod Ready to its first value: %d ms%n", (System.nanoTime() - ready) / 1_000_000);
  }

  @Test
  void aPodThatHasAnsweredIsMissedWhenItIsNotReadyAndSilent() throws Exception {
    pool("missing: {staleAfter: 3s}");
    serving("chat-0", 10);
    pod("chat-1");
    String second = pages.show(5);
    status("chat-1", "Running", second, true);
    awaitWaiting(15, 2);

    status("chat-1", "Running", second, false);
    pages.hide(second);
    awaited(
        Signal.REQUESTS_WAITING,
        "one of two targets",
        answer ->
            answer instanceof Answer.Value value
                && value.targetsCovered() == 1
                && value.targetsTotal() == 2
                && value.quality().word().equals("partial"));
  }

  @Test
  void aPodOfTheSameNameBeginsAnew() throws Exception {
    pool();
    serving("chat-0", 10);
    awaitWaiting(10, 1);

    cluster.pods().inNamespace(namespace).withName("chat-0").withGracePeriod(0).delete();
    letGo("chat-0");
    awaitMissing(Signal.REQUESTS_WAITING, Absence.NO_TARGETS);
    serving("chat-0", 3);
    awaitWaiting(3, 1);
  }

  @Test
  void aPoolIsCreatedChangedMadeBadMendedAndDeleted() throws Exception {
    serving("chat-0", 10);
    pool();
    awaitWaiting(10, 1);

    pool("role: decode");
    await().atMost(LIMIT).until(() -> Objects.requireNonNull(seen()).labels().containsKey("role"));
    pool("engine: no-such-engine");
    await()
        .atMost(LIMIT)
        .until(() ->
            plane.latest().rejected().stream()
                .anyMatch(r ->
                    r.pool().equals(namespace + "/chat")
                        && r.served()
                        && r.problems().getFirst().contains("spec.engine")));
    // The last good version is measured meanwhile.
    assertThat(Objects.requireNonNull(seen()).labels()).containsKey("role");
    awaitWaiting(10, 1);

    pool("role: prefill");
    await()
        .atMost(LIMIT)
        .until(() ->
            "prefill".equals(Objects.requireNonNull(seen()).labels().get("role"))
                && plane.latest().rejected().stream()
                    .noneMatch(r -> r.pool().equals(namespace + "/chat")));
    cluster
        .genericKubernetesResources("inferscale.dev/v1alpha1", "ModelPool")
        .inNamespace(namespace)
        .withName("chat")
        .delete();
    await().atMost(LIMIT).until(() -> seen() == null);
  }

  @Test
  void replicasAreReadFromTheScaleTargetAndCountedFromItsPods() throws Exception {
    cluster
        .apps()
        .deployments()
        .inNamespace(namespace)
        .resource(
            new DeploymentBuilder()
                .withNewMetadata()
                .withName("chat")
                .endMetadata()
                .withNewSpec()
                .withReplicas(2)
                .withNewSelector()
                .addToMatchLabels("app", "chat")
                .endSelector()
                .withNewTemplate()
                .withNewMetadata()
                .addToLabels("app", "chat")
                .endMetadata()
                .withNewSpec()
                .addNewContainer()
                .withName("server")
                .withImage("server")
                .endContainer()
                .endSpec()
                .endTemplate()
                .endSpec()
                .build())
        .create();
    pool("scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: chat}");
    awaitNumber(Signal.REPLICAS, 2);
    awaitNumber(Signal.REPLICAS_STARTING, 2);
    awaitNumber(Signal.REPLICAS_READY, 0);

    String first =
        cluster.pods().inNamespace(namespace).list().getItems().getFirst().getMetadata().getName();
    status(first, "Running", pages.show(1), true);
    awaitNumber(Signal.REPLICAS_READY, 1);
    awaitNumber(Signal.REPLICAS_STARTING, 1);
    cluster.apps().deployments().inNamespace(namespace).withName("chat").scale(5);
    awaitNumber(Signal.REPLICAS, 5);

    pool("scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: talk}");
    assertThat(awaitMissing(Signal.REPLICAS, Absence.CONFIG).explanation())
        .contains("there is no Deployment " + namespace + "/talk");
  }
}
