package dev.inferscale.e2e.bed;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.inferscale.e2e.Started;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/// A namespace on the bed and what a test makes in it; all of it goes away with the namespace.
public final class BedNamespace implements AutoCloseable {
  private final Bed bed;
  private final String name;
  private final List<String> nodes = new ArrayList<>();

  private BedNamespace(Bed bed, String name) {
    this.bed = bed;
    this.name = name;
  }

  /// Named after the test class: `PoolsOnPodsIT` becomes `pools-on-pods`.
  static BedNamespace create(Bed bed, Class<?> test) {
    String name =
        test.getSimpleName()
            .replaceFirst("IT$", "")
            .replaceAll("(?<=[a-z0-9])(?=[A-Z])", "-")
            .toLowerCase(Locale.ROOT);
    bed.kube()
        .namespaces()
        .resource(new NamespaceBuilder().withNewMetadata().withName(name).endMetadata().build())
        .create();
    BedNamespace created = new BedNamespace(bed, name);
    // Until then the API server refuses pods.
    created.awaitThat(
        "the namespace has its service account",
        () -> bed.kube().serviceAccounts().inNamespace(name).withName("default").get() != null);
    return created;
  }

  public String name() {
    return name;
  }

  /// An administrator's client.
  public KubernetesClient kube() {
    return bed.kube();
  }

  /// Creates what the documents say, or changes it to that.
  public void apply(String yaml) {
    for (HasMetadata each : kube().load(new ByteArrayInputStream(yaml.getBytes(UTF_8))).items()) {
      kube().resource(each).inNamespace(name).forceConflicts().serverSideApply();
    }
  }

  /// Creates one document that is not in this namespace; it stays until the bed ends.
  void ofCluster(String yaml) {
    for (HasMetadata each : kube().load(new ByteArrayInputStream(yaml.getBytes(UTF_8))).items()) {
      kube().resource(each).forceConflicts().serverSideApply();
    }
  }

  /// A node that only pods of this namespace ask for.
  ///
  /// @return its name
  public String node(String suffix) {
    String node = name + "-" + suffix;
    apply(
        """
        apiVersion: v1
        kind: Node
        metadata:
          name: %s
          labels: {testbed.inferscale.dev/heartbeat: kwok, testbed.inferscale.dev/namespace: %s}
        """
            .formatted(node, name));
    nodes.add(node);
    bed.kubectl(
        "patch",
        "node",
        node,
        "--subresource=status",
        "--type=merge",
        "-p",
        """
        {"status": {"allocatable": {"cpu": "64", "memory": "512Gi", "pods": "110", "nvidia.com/gpu": "8"},
                    "capacity": {"cpu": "64", "memory": "512Gi", "pods": "110", "nvidia.com/gpu": "8"}}}
        """);
    return node;
  }

  /// Nothing more is placed there.
  public void cordon(String node) {
    bed.kubectl("cordon", node);
  }

  /// The node's kubelet falls silent, and all its processes freeze or die at once.
  ///
  /// @param how `freeze` or `kill`
  public void lose(String node, String how) {
    patch(node, "\"" + how + "\"", "null");
  }

  /// The kubelet speaks again, and does what it was told meanwhile.
  public void bringBack(String node) {
    patch(node, "null", "\"kwok\"");
  }

  private void patch(String node, String lost, String heartbeat) {
    bed.kubectl(
        "patch",
        "node",
        node,
        "--type=merge",
        "-p",
        """
        {"metadata": {"annotations": {"testbed.inferscale.dev/lost": %s},
                      "labels": {"testbed.inferscale.dev/heartbeat": %s}}}
        """
            .formatted(lost, heartbeat));
  }

  /// A Deployment of real inference workers with the paced backend, labelled `app: NAME`, each on
  /// port 8000 of its pod's address.
  ///
  /// @param flags further ones of `inferscale worker`
  public void workers(String app, int replicas, String... flags) {
    String further =
        Stream.of(flags).map(flag -> ", \"" + flag + "\"").collect(Collectors.joining());
    apply(
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: %1$s}
        spec:
          replicas: %2$d
          selector: {matchLabels: {app: %1$s}}
          template:
            metadata: {labels: {app: %1$s}}
            spec:
              nodeSelector: {testbed.inferscale.dev/namespace: %3$s}
              terminationGracePeriodSeconds: 10
              containers:
              - name: worker
                image: inferscale/worker
                args: [--host, $(POD_IP), --port, "8000", --backend, paced, --allow-paced%4$s]
                ports: [{containerPort: 8000}]
                readinessProbe: {httpGet: {path: /readyz, port: 8000}, periodSeconds: 1}
        """
            .formatted(app, replicas, name, further));
  }

  /// A Deployment whose pods no node ever takes: enough for a scaler that looks at no pod.
  public void unscheduled(String name, int replicas) {
    apply(unscheduledDocument(name, replicas));
  }

  /// The same as a document, to be applied with others.
  static String unscheduledDocument(String name, int replicas) {
    return """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: %1$s}
    spec:
      replicas: %2$d
      selector: {matchLabels: {app: %1$s}}
      template:
        metadata: {labels: {app: %1$s}}
        spec:
          schedulingGates: [{name: testbed.inferscale.dev/never}]
          containers: [{name: server, image: server}]
    """
        .formatted(name, replicas);
  }

  /// The messages of all events about an object of that name.
  public List<String> events(String object) {
    return kube().v1().events().inNamespace(name).list().getItems().stream()
        .filter(event -> event.getInvolvedObject().getName().equals(object))
        .map(event -> String.valueOf(event.getMessage()))
        .toList();
  }

  /// Asks one worker for a long answer that nobody waits for; it ends with the client, or the
  /// worker.
  public void ask(HttpClient http, Pod pod) {
    String body =
        """
        {"model": "tiny", "prompt": "Tell me of the sea.", "max_tokens": 3000, "ignore_eos": true}
        """;
    URI url = URI.create("http://" + pod.getStatus().getPodIP() + ":8000/v1/completions");
    var _ =
        http.sendAsync(
            HttpRequest.newBuilder(url)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body))
                .build(),
            BodyHandlers.discarding());
  }

  /// A ModelPool of the pods labelled `app: NAME` that is read every second.
  public void pool(String app) {
    apply(
        """
        apiVersion: inferscale.dev/v1alpha1
        kind: ModelPool
        metadata: {name: %1$s}
        spec:
          model: tiny
          source: {pods: {selector: {matchLabels: {app: %1$s}}, ports: [8000]}}
          interval: 1s
          scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: %1$s}
        """
            .formatted(app));
  }

  /// A ModelPool of one pod, which that engine answers for at `/metrics`. It is read every second,
  /// a reading counts for three, and the pool scales nothing.
  void poolOf(LiveEngine engine, String pool) {
    apply(
        """
        apiVersion: inferscale.dev/v1alpha1
        kind: ModelPool
        metadata: {name: %1$s}
        spec:
          model: acme/chat
          source: {pods: {selector: {matchLabels: {app: %1$s-engine}}, ports: [%2$d]}}
          interval: 1s
          missing: {staleAfter: 3s}
        """
            .formatted(pool, engine.port()));
    servedBy(pool + "-engine", engine.address());
  }

  /// A pod labelled `app: NAME` whose kubelet is the test: no node takes it, and its status says
  /// that it serves at that address.
  public void servedBy(String app, String address) {
    servedBy(app, app, address);
  }

  /// One of several pods of that label.
  public void servedBy(String pod, String app, String address) {
    apply(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: %s, labels: {app: %s}}
        spec:
          schedulingGates: [{name: testbed.inferscale.dev/served-by-the-test}]
          containers: [{name: server, image: server}]
        """
            .formatted(pod, app));
    bed.kubectl(
        "patch",
        "pod",
        pod,
        "--namespace",
        name,
        "--subresource=status",
        "--type=merge",
        "-p",
        """
        {"status": {"phase": "Running", "podIP": "%1$s", "podIPs": [{"ip": "%1$s"}],
                    "conditions": [{"type": "Ready", "status": "True"}]}}
        """
            .formatted(address));
  }

  /// The pods labelled `app: NAME` that are ready and not going away.
  public List<Pod> ready(String app) {
    return kube().pods().inNamespace(name).withLabel("app", app).list().getItems().stream()
        .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
        .filter(pod ->
            pod.getStatus().getConditions().stream()
                .anyMatch(condition ->
                    condition.getType().equals("Ready") && condition.getStatus().equals("True")))
        .toList();
  }

  /// Waits for a pod labelled `app: NAME` that is ready, and gives the first. A plane may count a
  /// worker before its pod is ready, since it counts whoever has answered.
  public Pod oneReady(String app) {
    return Awaitility.await("a pod of " + app + " is ready")
        .atMost(Started.LIMIT)
        .until(() -> ready(app), pods -> !pods.isEmpty())
        .getFirst();
  }

  /// The names of all pods labelled `app: NAME`.
  public List<String> names(String app) {
    return kube().pods().inNamespace(name).withLabel("app", app).list().getItems().stream()
        .map(pod -> pod.getMetadata().getName())
        .toList();
  }

  /// Asks for that many replicas of a Deployment.
  public void scale(String deployment, int replicas) {
    kube().apps().deployments().inNamespace(name).withName(deployment).scale(replicas);
  }

  /// Waits for a condition; a failure says which it was.
  public void awaitThat(String condition, Callable<Boolean> holds) {
    awaitThat(condition, Started.LIMIT, holds);
  }

  /// The same, at most that long.
  void awaitThat(String condition, Duration limit, Callable<Boolean> holds) {
    Awaitility.await(condition).atMost(limit).ignoreExceptions().until(holds);
  }

  /// Takes away everything that a test made, and waits until its pods are gone.
  public void clear() {
    kube().apps().deployments().inNamespace(name).delete();
    kube()
        .genericKubernetesResources("inferscale.dev/v1alpha1", "ModelPool")
        .inNamespace(name)
        .delete();
    // What no node has taken goes at once; the others their Deployments have deleted.
    kube().pods().inNamespace(name).withField("spec.nodeName", "").delete();
    awaitThat(
        "all pods are gone", () -> kube().pods().inNamespace(name).list().getItems().isEmpty());
    nodes.forEach(node -> kube().nodes().withName(node).delete());
    nodes.clear();
  }

  @Override
  public void close() {
    kube().namespaces().withName(name).delete();
    awaitThat(
        "namespace " + name + " is gone", () -> kube().namespaces().withName(name).get() == null);
    nodes.forEach(node -> kube().nodes().withName(node).delete());
  }
}
