package dev.inferscale.e2e.bed;

import dev.inferscale.e2e.Started;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// How long after its start an adapter answers: its discovery, the first value of a gauge, the
/// first of a rate. Ours beside the test adapter, which has its numbers from the start, and beside
/// prometheus-adapter started together with its Prometheus; all scrape every second. Then two
/// replicas of ours behind a balancer, of which one is killed and comes back.
///
/// Run: `.ci/long bench exec`, about four minutes.
public final class ExecBench {
  private static final int ROUNDS = 7;
  private static final String ROOT = "/apis/external.metrics.k8s.io/v1beta1";
  private static final String GAUGE = "inference_requests_waiting";
  private static final String RATE = "inference_generation_tokens_per_second";
  private static final String SELECTED = "?labelSelector=pool%3Dchat";
  private static final String VALUE = "\"value\":\"";
  private static final long BETWEEN = TimeUnit.MILLISECONDS.toNanos(5);

  private final Bed bed;
  private final BedNamespace home;
  private final Path folder;
  private final LiveEngine engine;
  private final HttpClient client;

  private ExecBench(Bed bed, BedNamespace home, Path folder, LiveEngine engine) {
    this.bed = bed;
    this.home = home;
    this.folder = folder;
    this.engine = engine;
    this.client = client();
  }

  public static void main(String[] args) throws Exception {
    Path folder = Files.createTempDirectory("exec-bench-");
    Bed bed = Bed.shared();
    BedNamespace home = BedNamespace.create(bed, ExecBench.class);
    PeerAdapter.prepare();
    bed.certificate("inferscale", home.name(), folder.resolve("ours"));
    try (LiveEngine engine = new LiveEngine().shows("/metrics")) {
      home.servedBy("chat", engine.address());
      home.apply(
          """
          apiVersion: inferscale.dev/v1alpha1
          kind: ModelPool
          metadata: {name: chat}
          spec:
            model: acme/chat
            source: {pods: {selector: {matchLabels: {app: chat}}, ports: [%d]}}
            interval: 1s
          """
              .formatted(engine.port()));
      ExecBench bench = new ExecBench(bed, home, folder, engine);
      bench.starts();
      bench.kills();
    }
    System.exit(0);
  }

  private HttpClient client() {
    return HttpClient.newBuilder()
        .version(HttpClient.Version.HTTP_1_1)
        .sslContext(bed.tls())
        .connectTimeout(Duration.ofSeconds(2))
        .build();
  }

  private void starts() throws Exception {
    Rounds figures = new Rounds(List.of("ours", "test adapter", "prometheus-adapter"));
    ours(new Rounds(List.of("warm")));
    for (int round = 0; round < ROUNDS; round++) {
      ours(figures);
      long began = System.nanoTime();
      try (PeerAdapter test = PeerAdapter.test(bed, home, folder)) {
        answers(figures, 1, began, test.port(), "other-external-metric", null);
      }
      began = System.nanoTime();
      try (PeerAdapter prometheus =
          PeerAdapter.prometheus(
              bed,
              home,
              folder,
              engine.port(),
              Duration.ofSeconds(1),
              PeerAdapter.Metric.sum(GAUGE, "vllm:num_requests_waiting"),
              PeerAdapter.Metric.rate(RATE, "vllm:generation_tokens_total", "15s"))) {
        answers(figures, 2, began, prometheus.port(), GAUGE + SELECTED, RATE + SELECTED);
      }
    }
    figures.print("seconds from exec, %d rounds".formatted(ROUNDS));
  }

  private void ours(Rounds figures) throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    long began = System.nanoTime();
    try (Started _ =
        Started.inferscale(
            folder,
            "serve",
            "--kubernetes.kubeconfig",
            bed.kubeconfig().toString(),
            "--kubernetes.namespaces",
            home.name(),
            "--observation.port",
            "0",
            "--adapter.port",
            String.valueOf(port),
            "--adapter.certificate",
            folder.resolve("ours/tls.crt").toString(),
            "--adapter.key",
            folder.resolve("ours/tls.key").toString(),
            "--adapter.authentication",
            "delegated")) {
      answers(figures, 0, began, port, GAUGE + SELECTED, RATE + SELECTED);
    }
  }

  private void answers(
      Rounds figures, int i, long began, int port, String gauge, @Nullable String rate)
      throws InterruptedException {
    URI root = URI.create("https://localhost:" + port);
    awaitRight(root.resolve(ROOT), "APIResourceList");
    figures.add("discovery 200", i, since(began));
    URI metrics = root.resolve(ROOT + "/namespaces/" + home.name() + "/");
    awaitRight(metrics.resolve(gauge), VALUE);
    figures.add("first value of a gauge", i, since(began));
    if (rate != null) {
      awaitRight(metrics.resolve(rate), VALUE);
      figures.add("first rate", i, since(began));
    }
  }

  /// Asks again and again until the answer is 200 and holds those words.
  private void awaitRight(URI page, String words) throws InterruptedException {
    long began = System.nanoTime();
    while (!isRight(page, words)) {
      if (System.nanoTime() - began > Started.LIMIT.toNanos()) {
        throw new IllegalStateException(page + " brings no " + words);
      }
      LockSupport.parkNanos(BETWEEN);
    }
  }

  private boolean isRight(URI page, String words) throws InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(page).timeout(Duration.ofSeconds(5)).build();
    try {
      HttpResponse<String> answer = client.send(request, BodyHandlers.ofString());
      return answer.statusCode() == 200 && answer.body().contains(words);
    } catch (IOException _) {
      return false;
    }
  }

  private static double since(long began) {
    return (System.nanoTime() - began) / 1e9;
  }

  private void kills() throws Exception {
    Rounds figures = new Rounds(List.of("two replicas"));
    try (Balancer balancer = new Balancer(bed.tls());
        RegisteredAdapter adapter = RegisteredAdapter.startTwo(bed, home, folder, balancer)) {
      for (int round = 0; round < ROUNDS; round++) {
        kill(figures, adapter, balancer);
      }
    }
    figures.print(
        "seconds, one of two replicas killed and started anew, %d rounds".formatted(ROUNDS));
  }

  private void kill(Rounds figures, RegisteredAdapter adapter, Balancer balancer) throws Exception {
    URI aggregated = bed.server().resolve(metric());
    List<Integer> ports = adapter.ports();
    URI survivor = URI.create("https://localhost:" + ports.getLast()).resolve(metric());
    for (int i = 0; i < 50; i++) {
      awaitRight(aggregated, VALUE);
    }
    AtomicBoolean ended = new AtomicBoolean();
    AtomicLong lastWrong = new AtomicLong();
    PlaneOnBed killed = adapter.plane();
    long dead = System.nanoTime();
    killed.signal("KILL");
    Thread reader =
        Thread.ofPlatform()
            .start(() -> {
              try {
                while (!ended.get()) {
                  if (!isRight(aggregated, VALUE)) {
                    lastWrong.set(System.nanoTime() - dead);
                  }
                  LockSupport.parkNanos(BETWEEN);
                }
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    awaitRight(survivor, VALUE);
    figures.add("from the kill to the survivor's first right answer", 0, since(dead));
    home.awaitThat("the balancer knows", () -> !balancer.ready().contains(ports.getFirst()));
    figures.add("to the balancer knowing", 0, since(dead));
    adapter.forget(killed);
    long began = System.nanoTime();
    PlaneOnBed started = adapter.launch();
    int port = started.adapter().getPort();
    figures.add("from exec to the returner's open port, seen every 100 ms", 0, since(began));
    awaitRight(URI.create("https://localhost:" + port).resolve(metric()), VALUE);
    figures.add("from exec to the returner's first right answer", 0, since(began));
    balancer.follow(adapter.ports());
    home.awaitThat("it is ready", () -> balancer.ready().contains(port));
    ended.set(true);
    reader.join();
    figures.add("last wrong answer through API server and balancer", 0, lastWrong.get() / 1e9);
  }

  private String metric() {
    return ROOT + "/namespaces/" + home.name() + "/" + GAUGE + SELECTED;
  }
}
