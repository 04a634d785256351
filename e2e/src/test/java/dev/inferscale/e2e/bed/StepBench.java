package dev.inferscale.e2e.bed;

import dev.inferscale.e2e.Started;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What comes of a step in load, and when: six callers come at once to a pool of one worker that
/// runs two requests at a time, the real HPA wants two in flight per replica and so makes three,
/// and the queue ends. In turn our plane and prometheus-adapter tell it how many are in flight;
/// both stay all the time, both scrape at the same interval, and only the APIService changes.
///
/// Run: `.ci/long bench step [INTERVAL SECONDS [ROUNDS]]`, about ten minutes.
public final class StepBench {
  private static final String APP = "chat";
  private static final String METRIC = "inference_requests_in_flight";
  private static final int CALLERS = 6;
  private static final int REPLICAS = 3;
  private static final int PORT = 8000;
  private static final double OBJECTIVE_SECONDS = 1;
  private static final long BETWEEN = TimeUnit.MILLISECONDS.toNanos(20);

  /// How long the wait must stay under the objective.
  private static final Duration SETTLED = Duration.ofSeconds(2);

  private static final Pattern VALUE = Pattern.compile("\"value\":\"(\\d+)(m?)\"");
  private static final Pattern OLDEST =
      Pattern.compile("(?m)^inference_worker_queue_oldest_wait_seconds\\{[^}]*} (\\S+)");

  private final Bed bed;
  private final BedNamespace home;
  private final Duration interval;
  private final HttpClient aggregated;
  private final HttpClient workers = HttpClient.newHttpClient();

  private StepBench(Bed bed, BedNamespace home, Duration interval) {
    this.bed = bed;
    this.home = home;
    this.interval = interval;
    this.aggregated = HttpClient.newBuilder().sslContext(bed.tls()).build();
  }

  public static void main(String[] args) throws Exception {
    Duration interval = Duration.ofSeconds(args.length == 0 ? 2 : Integer.parseInt(args[0]));
    int rounds = args.length < 2 ? 7 : Integer.parseInt(args[1]);
    Path folder = Files.createTempDirectory("step-bench-");
    Bed bed = Bed.shared();
    BedNamespace home = BedNamespace.create(bed, StepBench.class);
    PeerAdapter.prepare();
    try (RegisteredAdapter ours = RegisteredAdapter.start(bed, home, folder);
        PeerAdapter prometheus =
            PeerAdapter.prometheus(bed, home, folder, PORT, interval, inFlight());
        Aggregation aggregation = new Aggregation(bed, home, ours.authority())) {
      StepBench bench = new StepBench(bed, home, interval);
      bench.serve();
      Rounds figures = new Rounds(List.of("ours", "prometheus-adapter"));
      for (int round = 0; round < rounds; round++) {
        aggregation.to(ours.service(), ours.plane().adapter().getPort());
        bench.step(figures, 0);
        aggregation.to(prometheus.service(), prometheus.port());
        bench.step(figures, 1);
      }
      figures.print(
          "seconds from a step in load, scraped every %d s, %d rounds"
              .formatted(interval.toSeconds(), rounds));
    }
    System.exit(0);
  }

  private static PeerAdapter.Metric inFlight() {
    return new PeerAdapter.Metric(
        METRIC,
        "inference_worker_requests_waiting",
        "sum(inference_worker_requests_waiting{<<.LabelMatchers>>})"
            + " + sum(inference_worker_requests_running{<<.LabelMatchers>>})");
  }

  private void serve() {
    home.node("a");
    home.workers(APP, 1, "--max-running", "2", "--paced.step", "100ms");
    home.apply(
        """
        apiVersion: inferscale.dev/v1alpha1
        kind: ModelPool
        metadata: {name: %1$s}
        spec:
          model: tiny
          source: {pods: {selector: {matchLabels: {app: %1$s}}, ports: [%2$d]}}
          interval: %3$ds
          scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: %1$s}
        """
            .formatted(APP, PORT, interval.toSeconds()));
    new ScaledDeployment(home, APP)
        .between(1, REPLICAS, ScaledDeployment.external(METRIC, APP, "averageValue: 2"));
  }

  /// One round, from one idle worker to one idle worker.
  private void step(Rounds figures, int i) throws Exception {
    home.awaitThat("one worker is left", () -> pods() == 1 && home.ready(APP).size() == 1);
    home.awaitThat("it is idle, as is served", () -> served() == 0 && desired() == 1);
    try (Callers callers = new Callers(home, APP)) {
      // A scrape has just shown that it is idle: at any moment until the next, the step comes.
      LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(interval.toNanos()));
      long began = System.nanoTime();
      callers.more(CALLERS);
      await("all callers are in the value", () -> served() == CALLERS);
      figures.add("to the value served", i, since(began));
      await("the HPA wants what they need", () -> desired() == REPLICAS);
      figures.add("to the HPA's desiredReplicas", i, since(began));
      await("the new workers are ready", () -> home.ready(APP).size() == REPLICAS);
      figures.add("to all pods ready", i, since(began));
      figures.add("to the wait under the objective of 1 s", i, (settled() - began) / 1e9);
    }
  }

  private interface Condition {
    boolean holds() throws Exception;
  }

  private static void await(String condition, Condition holds) throws Exception {
    long began = System.nanoTime();
    while (!holds.holds()) {
      if (System.nanoTime() - began > Started.LIMIT.toNanos()) {
        throw new IllegalStateException("it never came that " + condition);
      }
      LockSupport.parkNanos(BETWEEN);
    }
  }

  private static double since(long began) {
    return (System.nanoTime() - began) / 1e9;
  }

  /// Since when no request has waited longer than the objective, for long enough.
  ///
  /// @return as `System.nanoTime`
  private long settled() throws Exception {
    long[] since = {System.nanoTime()};
    await(
        "the wait is under the objective",
        () -> {
          if (oldestWait() >= OBJECTIVE_SECONDS) {
            since[0] = System.nanoTime();
          }
          return System.nanoTime() - since[0] > SETTLED.toNanos();
        });
    return since[0];
  }

  /// Of the workers' own pages, whoever scrapes them.
  private double oldestWait() throws IOException, InterruptedException {
    double oldest = 0;
    for (Pod pod : home.ready(APP)) {
      String page = "http://" + pod.getStatus().getPodIP() + ":" + PORT + "/metrics";
      Matcher found = OLDEST.matcher(text(workers, URI.create(page)));
      if (found.find()) {
        oldest = Math.max(oldest, Double.parseDouble(found.group(1)));
      }
    }
    return oldest;
  }

  private int pods() {
    return home.kube()
        .pods()
        .inNamespace(home.name())
        .withLabel("app", APP)
        .list()
        .getItems()
        .size();
  }

  private int desired() {
    return home.kube()
        .autoscaling()
        .v2()
        .horizontalPodAutoscalers()
        .inNamespace(home.name())
        .withName(APP)
        .get()
        .getStatus()
        .getDesiredReplicas();
  }

  /// What the API server answers, NaN where that is no number.
  private double served() throws IOException, InterruptedException {
    URI page =
        bed.server()
            .resolve(
                "/apis/external.metrics.k8s.io/v1beta1/namespaces/%s/%s?labelSelector=pool%%3D%s"
                    .formatted(home.name(), METRIC, APP));
    Matcher found = VALUE.matcher(text(aggregated, page));
    if (!found.find()) {
      return Double.NaN;
    }
    double value = Double.parseDouble(found.group(1));
    return found.group(2).isEmpty() ? value : value / 1_000;
  }

  private static String text(HttpClient client, URI page) throws IOException, InterruptedException {
    return client.send(HttpRequest.newBuilder(page).build(), BodyHandlers.ofString()).body();
  }
}
