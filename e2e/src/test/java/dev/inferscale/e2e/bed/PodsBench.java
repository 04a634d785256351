package dev.inferscale.e2e.bed;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

/// Does one plane follow ten thousand pods without a storm on a real API server? The pods are
/// objects that no node takes; their statuses say that they serve on addresses of 127.0.0.0/8, at
/// all of which one page of this program answers.
///
/// Requests are counted by the API server itself. Nobody but the plane lists or watches within a
/// namespace here, so those are its own.
///
/// Run: `.ci/long bench pods [COUNT]`, about two minutes.
public final class PodsBench {
  private static final int WRITERS = 16;
  private static final String APP = "many";
  private static final Duration OUTAGE = Duration.ofSeconds(20);
  private static final Pattern TARGETS = Pattern.compile("(?m)^inferscale_targets (\\S+)");
  private static final Pattern RESTARTS =
      Pattern.compile("(?m)^inferscale_watch_restarts_total\\{[^}]*resource=\"pods\"} (\\S+)");
  private static final Pattern REQUESTS =
      Pattern.compile("(?m)^apiserver_request_total\\{([^}]*)} (\\S+)");
  private static final Pattern RESIDENT = Pattern.compile("VmRSS:\\s+(\\d+) kB");

  /// The last line of a histogram of classes: instances, bytes.
  private static final Pattern LIVE = Pattern.compile("(?m)^Total +\\d+ +(\\d+)");

  private final Bed bed;
  private final BedNamespace home;
  private final Path folder;
  private final int count;

  private PodsBench(Bed bed, BedNamespace home, Path folder, int count) {
    this.bed = bed;
    this.home = home;
    this.folder = folder;
    this.count = count;
  }

  public static void main(String[] args) throws Exception {
    int count = args.length == 0 ? 10_000 : Integer.parseInt(args[0]);
    Path folder = Files.createTempDirectory("pods-bench-");
    HttpServer pages = pages();
    try {
      // The bed ends with this program, and the namespace with it.
      Bed bed = Bed.shared();
      new PodsBench(bed, BedNamespace.create(bed, PodsBench.class), folder, count)
          .run(pages.getAddress().getPort());
    } finally {
      pages.stop(0);
    }
    System.exit(0);
  }

  private void run(int port) throws Exception {
    home.apply(
        """
        apiVersion: inferscale.dev/v1alpha1
        kind: ModelPool
        metadata: {name: %1$s}
        spec:
          model: acme/chat
          source: {pods: {selector: {matchLabels: {app: %1$s}}, ports: [%2$d]}}
          interval: 30s
          windows: {rates: 120s, latencies: 120s}
          missing: {staleAfter: 90s}
        """
            .formatted(APP, port));
    try (PlaneOnBed plane = plane()) {
      say("plane without pods: %s", memory(plane));
      say("%d pods created in %.1f s", count, seconds(() -> inParallel(this::create)));
      double written = seconds(() -> inParallel(this::served));
      double behind = seconds(() -> awaitTargets(plane, count));
      say("their statuses written in %.1f s; all seen %.1f s after the last", written, behind);
      awaitAnswers(plane);
      say("all have answered: %s; %s", requests(), memory(plane));
    }
    String before = requests();
    long began = System.nanoTime();
    try (PlaneOnBed plane = plane()) {
      awaitTargets(plane, count);
      say("another plane sees all %.1f s after its start", since(began));
      awaitAnswers(plane);
      say("%.1f s after its start all have answered", since(began));
      say("requests before it: %s; with it: %s; %s", before, requests(), memory(plane));
      restart(plane);
    }
  }

  private void restart(PlaneOnBed plane) throws Exception {
    bed.killApiServer();
    Awaitility.await("values flow on")
        .during(OUTAGE)
        .atMost(OUTAGE.plusSeconds(60))
        .until(() -> plane.coverage(APP).equals(count + "/" + count));
    bed.startApiServer();
    long again = System.nanoTime();
    create(count);
    served(count);
    awaitTargets(plane, count + 1);
    say(
        "API server away for %d s: a pod that came after it is seen %.1f s later; requests to it"
            + " since: %s; failed watches %.0f",
        OUTAGE.toSeconds(), since(again), requests(), number(RESTARTS, plane.text("metrics")));
  }

  /// One page at every address of loopback, for callers of this machine alone.
  private static HttpServer pages() throws IOException {
    byte[] page =
        """
        # TYPE vllm:num_requests_running gauge
        vllm:num_requests_running{model_name="acme/chat"} 1
        # TYPE vllm:num_requests_waiting gauge
        vllm:num_requests_waiting{model_name="acme/chat"} 2
        """
            .getBytes(UTF_8);
    HttpServer server = HttpServer.create(new InetSocketAddress(0), 1024);
    server.createContext(
        "/metrics",
        exchange -> {
          if (exchange.getRemoteAddress().getAddress().isLoopbackAddress()) {
            exchange.sendResponseHeaders(200, page.length);
            exchange.getResponseBody().write(page);
          }
          exchange.close();
        });
    server.start();
    return server;
  }

  private PlaneOnBed plane() throws IOException {
    return PlaneOnBed.start(
        bed,
        home,
        folder,
        "--scrape.max-targets",
        String.valueOf(2 * count),
        "--scrape.max-concurrent-fetches",
        "64");
  }

  private void create(int number) {
    Pod pod =
        new PodBuilder()
            .withNewMetadata()
            .withName(name(number))
            .addToLabels("app", APP)
            .endMetadata()
            .withNewSpec()
            .addNewSchedulingGate("testbed.inferscale.dev/served-by-the-test")
            .addNewContainer()
            .withName("server")
            .withImage("server")
            .endContainer()
            .endSpec()
            .build();
    home.kube().pods().inNamespace(home.name()).resource(pod).create();
  }

  private void served(int number) {
    String address =
        "127.%d.%d.%d".formatted(100 + (number >> 16), number >> 8 & 255, number & 255);
    home.kube()
        .pods()
        .inNamespace(home.name())
        .withName(name(number))
        .subresource("status")
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            """
            {"status": {"phase": "Running", "podIP": "%1$s", "podIPs": [{"ip": "%1$s"}],
                        "conditions": [{"type": "Ready", "status": "True"}]}}
            """
                .formatted(address));
  }

  private static String name(int number) {
    return APP + "-" + number;
  }

  private void inParallel(IntConsumer each) throws InterruptedException, ExecutionException {
    try (ExecutorService writers = Executors.newFixedThreadPool(WRITERS)) {
      List<Future<?>> written = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        int number = i;
        written.add(writers.submit(() -> each.accept(number)));
      }
      for (Future<?> one : written) {
        one.get();
      }
    }
  }

  private static void awaitTargets(PlaneOnBed plane, int wanted) {
    await("it asks " + wanted).until(() -> number(TARGETS, plane.text("metrics")) == wanted);
  }

  private void awaitAnswers(PlaneOnBed plane) {
    await("all answer").until(() -> plane.coverage(APP).equals(count + "/" + count));
  }

  private static ConditionFactory await(String what) {
    return Awaitility.await(what).atMost(Duration.ofMinutes(5)).pollInterval(Duration.ofMillis(50));
  }

  /// What the API server has answered within namespaces since its start.
  private String requests() {
    String page = bed.kubectl("get", "--raw", "/metrics");
    return "%d lists and %d ended watches of pods, %d and %d of pools"
        .formatted(
            requests(page, "LIST", "pods"),
            requests(page, "WATCH", "pods"),
            requests(page, "LIST", "modelpools"),
            requests(page, "WATCH", "modelpools"));
  }

  private static long requests(String page, String verb, String resource) {
    return REQUESTS
        .matcher(page)
        .results()
        .filter(found ->
            List.of("verb=\"" + verb + "\"", "resource=\"" + resource + "\"", "scope=\"namespace\"")
                .stream()
                .allMatch(found.group(1)::contains))
        .mapToLong(found -> (long) Double.parseDouble(found.group(2)))
        .sum();
  }

  private static String memory(PlaneOnBed plane) throws IOException {
    String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
    Process histogram =
        new ProcessBuilder(jcmd, String.valueOf(plane.pid()), "GC.class_histogram").start();
    String live = new String(histogram.getInputStream().readAllBytes(), UTF_8);
    String status = Files.readString(Path.of("/proc/" + plane.pid() + "/status"));
    return "%.1f MB live heap, %.0f MB resident"
        .formatted(number(LIVE, live) / 1e6, number(RESIDENT, status) * 1024 / 1e6);
  }

  private static double number(Pattern where, String text) {
    Matcher found = where.matcher(text);
    return found.find() ? Double.parseDouble(found.group(1)) : Double.NaN;
  }

  private interface Work {
    void run() throws Exception;
  }

  private static double seconds(Work work) throws Exception {
    long began = System.nanoTime();
    work.run();
    return since(began);
  }

  private static double since(long began) {
    return (System.nanoTime() - began) / 1e9;
  }

  private static void say(String format, Object... values) {
    System.out.printf(format + "%n", values);
  }
}
