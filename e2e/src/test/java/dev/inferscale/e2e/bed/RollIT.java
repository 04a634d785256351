package dev.inferscale.e2e.bed;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// Two replicas behind one Service, read a hundred times a second by somebody whom RBAC lets, while
/// they are restarted, killed, given new credentials, and left alone by the API server.
@ExtendWith(BedExtension.class)
final class RollIT {
  /// So many reads take a second.
  private static final int SECOND = SteadyReads.PER_SECOND;

  private static final String VALUE = "\"value\":\"3\"";

  @TempDir private static Path folder;

  private static MetricsPages pages;
  private static Balancer balancer;
  private static RegisteredAdapter adapter;

  private final Bed bed;
  private final BedNamespace home;

  RollIT(Bed bed, BedNamespace home) {
    this.bed = bed;
    this.home = home;
  }

  @BeforeAll
  static void register(Bed bed, BedNamespace home) throws IOException {
    pages = new MetricsPages();
    served(home, "chat", 3);
    home.apply(
        """
        apiVersion: rbac.authorization.k8s.io/v1
        kind: RoleBinding
        metadata: {name: viewers}
        roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
        subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: reader}]
        """);
    balancer = new Balancer(bed.tls());
    adapter = RegisteredAdapter.startTwo(bed, home, folder, balancer, "--drain-timeout", "3s");
    home.awaitThat(
        "the reader reads",
        () -> bed.kubectl("get", "--raw", metric(home, "chat"), "--as", "reader").contains(VALUE));
  }

  @AfterAll
  static void unregister() throws IOException {
    if (adapter != null) {
      adapter.close();
    }
    balancer.close();
    pages.close();
  }

  /// A pool of one pod, whose engine has so many requests waiting.
  private static void served(BedNamespace home, String app, int waiting) throws IOException {
    home.apply(
        """
        apiVersion: inferscale.dev/v1alpha1
        kind: ModelPool
        metadata: {name: %1$s}
        spec:
          model: acme/chat
          source: {pods: {selector: {matchLabels: {app: %1$s}}, ports: [%2$d]}}
          interval: 1s
        """
            .formatted(app, pages.port()));
    home.servedBy(app, pages.show(waiting));
  }

  private static String metric(BedNamespace home, String pool) {
    return "/apis/external.metrics.k8s.io/v1beta1/namespaces/"
        + home.name()
        + "/inference_requests_waiting?labelSelector=pool%3D"
        + pool;
  }

  /// Through the API server.
  private SteadyReads reads(HttpClient client) {
    URI page = bed.server().resolve(metric(home, "chat"));
    return SteadyReads.start(client, page, VALUE, "Impersonate-User", "reader");
  }

  private HttpClient client() {
    return HttpClient.newBuilder().sslContext(bed.tls()).build();
  }

  /// Waits until so many more reads were right.
  private void more(SteadyReads reads, int count) {
    int before = reads.good();
    home.awaitThat(count + " more reads are right", () -> reads.good() - before >= count);
  }

  private void replace(PlaneOnBed ended) throws IOException, InterruptedException {
    adapter.forget(ended);
    PlaneOnBed started = adapter.launch();
    balancer.follow(adapter.ports());
    home.awaitThat(
        "the new one is ready", () -> balancer.ready().contains(started.adapter().getPort()));
    URI page = started.adapter().resolve(metric(home, "chat"));
    try (HttpClient client = client()) {
      assertThat(client.send(HttpRequest.newBuilder(page).build(), BodyHandlers.ofString()).body())
          .as("who says that it is ready has its pools' values")
          .contains(VALUE);
    }
  }

  @Test
  void aRollingRestartFailsNoReadAndHoldsNoNamespace() throws Exception {
    List<String> since = adapter.availableSince();
    try (HttpClient client = client()) {
      SteadyReads reads = reads(client);
      for (int restarted = 0; restarted < 2; restarted++) {
        more(reads, SECOND);
        PlaneOnBed oldest = adapter.plane();
        int port = oldest.adapter().getPort();
        oldest.signal("TERM");
        home.awaitThat("it says that it ends", () -> !balancer.ready().contains(port));
        assertThat(adapter.direct("/livez").statusCode()).as("while it drains").isEqualTo(200);
        assertThat(oldest.status()).isZero();
        comeAndGo("roll-meanwhile-" + restarted);
        replace(oldest);
      }
      more(reads, 2 * SECOND);

      SteadyReads.Outcome outcome = reads.end();
      assertThat(outcome.failures()).isEmpty();
      System.out.printf("two replicas restarted: %d reads, none failed%n", outcome.reads());
    }
    assertThat(adapter.available()).containsOnly("True Passed");
    assertThat(adapter.availableSince()).isEqualTo(since);
  }

  private void comeAndGo(String namespace) {
    bed.kubectl("create", "namespace", namespace);
    bed.kubectl("delete", "namespace", namespace, "--timeout=60s");
  }

  @Test
  void whenOneIsKilledTheOtherIsRightAsSoonAsTheBalancerKnows() throws Exception {
    try (HttpClient client = client()) {
      SteadyReads reads = reads(client);
      List<SteadyReads.Failure> excused = new ArrayList<>();
      // One after the other, since the API server may talk to only one of them.
      for (int killed = 0; killed < 2; killed++) {
        more(reads, SECOND);
        PlaneOnBed oldest = adapter.plane();
        int port = oldest.adapter().getPort();
        long dead = System.nanoTime();
        oldest.signal("KILL");
        home.awaitThat("the balancer knows", () -> !balancer.ready().contains(port));
        long known = System.nanoTime();
        System.out.printf("the balancer knew %d ms after the kill%n", (known - dead) / 1_000_000);
        more(reads, SECOND);
        excused.addAll(reads.failures(dead, known));
        replace(oldest);
      }

      SteadyReads.Outcome outcome = reads.end();
      System.out.printf(
          "two replicas killed, one by one: %d reads, %d failed before the balancer knew%n",
          outcome.reads(), excused.size());
      assertThat(outcome.failures()).isSubsetOf(excused);
    }
  }

  @Test
  void newCredentialsFailNoReadAndCount() throws Exception {
    account();
    adapter.renewKubeconfig(bed.kubeconfigOf(token("first")));
    try (HttpClient client = client()) {
      SteadyReads reads = reads(client);
      more(reads, SECOND);
      Certificate renewed = adapter.renewCertificate();
      for (int port : adapter.ports()) {
        home.awaitThat("the new certificate is served", () -> shown(port).equals(renewed));
      }

      adapter.renewKubeconfig(bed.kubeconfigOf(token("second")));
      more(reads, 5 * SECOND);
      home.kube().secrets().inNamespace(home.name()).withName("first").delete();
      more(reads, 5 * SECOND);
      served(home, "late", 5);
      home.awaitThat(
          "what came since is seen",
          () -> bed.kubectl("get", "--raw", metric(home, "late")).contains("\"value\":\"5\""));

      SteadyReads.Outcome outcome = reads.end();
      assertThat(outcome.failures()).isEmpty();
      System.out.printf("credentials renewed: %d reads, none failed%n", outcome.reads());
    }
  }

  private Certificate shown(int port) throws IOException {
    try (SSLSocket socket =
        (SSLSocket) bed.tls().getSocketFactory().createSocket("localhost", port)) {
      return socket.getSession().getPeerCertificates()[0];
    }
  }

  /// The account that the rights of the manifests are bound to.
  private void account() {
    home.apply(
        """
        apiVersion: v1
        kind: ServiceAccount
        metadata: {name: inferscale}
        """);
  }

  /// A token of it that is good for as long as there is a Secret of that name.
  private String token(String secret) {
    bed.kubectl("create", "secret", "generic", secret, "--namespace", home.name());
    return bed.kubectl(
            "create",
            "token",
            "inferscale",
            "--namespace",
            home.name(),
            "--bound-object-kind",
            "Secret",
            "--bound-object-name",
            secret)
        .strip();
  }

  /// As `manifests/README.md` tells administrators to do it.
  @Test
  void aNewAuthorityOfTheAggregatorFailsNoReadAndTheOldOneIsRefused() throws Exception {
    List<String> since = adapter.availableSince();
    String old = bed.frontProxyAuthorities().strip();
    try (HttpClient client = client();
        FrontProxyClient before = bed.frontProxy("reader");
        FrontProxyClient never = bed.frontProxy("reader")) {
      SteadyReads reads = reads(client);
      more(reads, SECOND);
      assertThat(answers(before)).containsOnly(200);
      bed.letApiServerTellOfFiles();

      bed.rotateFrontProxy("trust");
      for (int port : adapter.ports()) {
        home.awaitThat(
            "a handshake names the new authority beside the old and the clients'",
            () -> before.issuers(port).size() == 3);
      }
      bed.rotateFrontProxy("sign");
      home.awaitThat(
          "the aggregator has its new certificate", () -> loaded("aggregator-proxy-cert"));
      more(reads, 2 * SECOND);

      bed.rotateFrontProxy("retire");
      URI ofCluster = bed.server().resolve("/api/v1/namespaces/kube-system");
      home.awaitThat("the API server refuses the old", () -> before.status(ofCluster) == 401);
      forgetOldAuthorities();
      home.awaitThat(
          "it names the new one alone",
          () -> {
            String named = bed.frontProxyAuthorities();
            return !named.isBlank() && !named.contains(old);
          });
      home.awaitThat("so do we refuse it", () -> answers(before).equals(List.of(401, 401)));
      assertThat(answers(never)).as("on a new connection").containsOnly(401);
      try (FrontProxyClient after = bed.frontProxy("reader")) {
        assertThat(answers(after)).containsOnly(200);
      }
      more(reads, 2 * SECOND);

      SteadyReads.Outcome outcome = reads.end();
      assertThat(outcome.failures()).isEmpty();
      System.out.printf(
          "front proxy's authority renewed: %d reads, none failed%n", outcome.reads());
    }
    assertThat(adapter.available()).containsOnly("True Passed");
    assertThat(adapter.availableSince()).isEqualTo(since);
  }

  /// The status of a read at each replica.
  private List<Integer> answers(FrontProxyClient caller) throws IOException, InterruptedException {
    List<Integer> answers = new ArrayList<>();
    for (int port : adapter.ports()) {
      URI page = URI.create("https://localhost:" + port + metric(home, "chat"));
      answers.add(caller.status(page));
    }
    return answers;
  }

  /// The API server adds authorities to the ConfigMap, and takes none away until it has expired.
  private void forgetOldAuthorities() {
    bed.kubectl(
        "delete", "configmap", "extension-apiserver-authentication", "--namespace", "kube-system");
  }

  /// Whether the API server has said that it read a pair of that name again.
  private boolean loaded(String pair) throws IOException {
    try (Stream<String> lines = Files.lines(bed.state().resolve("logs/kube-apiserver.log"))) {
      return lines.anyMatch(
          line -> line.contains("Loaded a new cert/key pair") && line.contains(pair));
    }
  }

  @Test
  void whoIsKnownIsAnsweredWhileTheApiServerIsAway() throws Exception {
    try (HttpClient client = client()) {
      URI page = adapter.plane().adapter().resolve(metric(home, "chat"));
      SteadyReads reads = SteadyReads.start(client, page, VALUE);
      more(reads, SECOND);
      bed.killApiServer();
      try {
        more(reads, 15 * SECOND);
      } finally {
        bed.startApiServer();
      }

      SteadyReads.Outcome outcome = reads.end();
      assertThat(outcome.failures()).isEmpty();
      System.out.printf("API server away: %d reads, none failed%n", outcome.reads());
    }
    home.awaitThat(
        "it is read through the API server again",
        () -> bed.kubectl("get", "--raw", metric(home, "chat"), "--as", "reader").contains(VALUE));
  }
}
