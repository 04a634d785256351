package dev.inferscale.e2e.bed;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.inferscale.e2e.Started;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.StreamSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// Cases from other projects' issues, and losses of equipment, as live pools.
@ExtendWith(BedExtension.class)
final class CasesIT {
  private static final String WAITING = "inference_requests_waiting";
  private static final String RATE = "inference_generation_tokens_per_second";

  @TempDir private Path folder;

  @AfterEach
  void clear(BedNamespace home) {
    home.clear();
  }

  /// Case M07, for one file: the flag names it, so that its absence is a fault and no wish.
  @Test
  void aPoolsFileFollowsEachSwapAndWhatIsGoodStaysWhenItIsBadOrGone(BedNamespace home)
      throws Exception {
    try (LiveEngine engine = new LiveEngine().shows("/metrics")) {
      MountedConfigMap mount = new MountedConfigMap(folder.resolve("m"), document("first", engine));
      try (PlaneOnBed plane = PlaneOnBed.ofFiles(mount.file(), "serving", folder)) {
        followsTwoSwaps(home, plane, mount, engine);

        mount.swap(document("third", engine).replace("interval:", "intervall:"));
        home.awaitThat(
            "the fault is named", () -> fault(plane, "spec.intervall: unknown key", "third"));
        assertThat(measured(plane)).containsExactly("third");
        assertThat(plane.value("third", WAITING)).isEqualTo(8);

        mount.swap(document("third", engine));
        home.awaitThat("it is mended", () -> plane.pools().path("rejected").isEmpty());
        mount.remove();
        home.awaitThat("its absence is named", () -> fault(plane, "does not exist", ""));
        assertThat(measured(plane)).containsExactly("third");
        assertThat(plane.value("third", WAITING)).isEqualTo(8);
      }
    }
  }

  /// Case M07, for a folder: which files are in it is what its owner wishes.
  @Test
  void aFolderOfPoolsFollowsEachSwapAndAFileThatGoesTakesItsPoolsAlong(BedNamespace home)
      throws Exception {
    try (LiveEngine engine = new LiveEngine().shows("/metrics")) {
      MountedConfigMap mount = new MountedConfigMap(folder.resolve("m"), document("first", engine));
      try (PlaneOnBed plane = PlaneOnBed.ofFiles(mount.folder(), "serving", folder)) {
        followsTwoSwaps(home, plane, mount, engine);

        mount.remove();
        home.awaitThat("its pool is gone", () -> measured(plane).isEmpty());
        assertThat(plane.pools().path("rejected")).isEmpty();
        assertThat(plane.text("metrics")).doesNotContain("pool=\"third\"");
      }
    }
  }

  private static void followsTwoSwaps(
      BedNamespace home, PlaneOnBed plane, MountedConfigMap mount, LiveEngine engine)
      throws IOException {
    awaitOnly(home, plane, "first");
    mount.swap(document("second", engine));
    awaitOnly(home, plane, "second");
    mount.swap(document("third", engine));
    awaitOnly(home, plane, "third");
    String page = plane.text("metrics");
    assertThat(page).contains("pool=\"third\"").doesNotContain("pool=\"first\"", "pool=\"second\"");
    assertThat(plane.signal("first", WAITING).has("value")).isFalse();
  }

  private static void awaitOnly(BedNamespace home, PlaneOnBed plane, String pool) {
    home.awaitThat("pool " + pool + " answers", () -> plane.value(pool, WAITING) == 8);
    home.awaitThat("no other is left", () -> measured(plane).equals(List.of(pool)));
  }

  private static List<String> measured(PlaneOnBed plane) throws IOException {
    return StreamSupport.stream(plane.pools().path("pools").spliterator(), false)
        .map(pool -> pool.path("pool").asText())
        .toList();
  }

  private static boolean fault(PlaneOnBed plane, String words, String pool) throws IOException {
    JsonNode rejected = plane.pools().path("rejected");
    return rejected.size() == 1
        && rejected.path(0).path("problems").path(0).asText().contains(words)
        && rejected.path(0).path("pool").asText().endsWith(pool);
  }

  private static String document(String name, LiveEngine engine) {
    return """
    apiVersion: inferscale.dev/v1alpha1
    kind: ModelPool
    metadata: {name: %s, namespace: serving}
    spec:
      model: acme/chat
      source: {endpoints: ["http://%s:%d/metrics"]}
      interval: 1s
    """
        .formatted(name, engine.address(), engine.port());
  }

  /// A pool of one pod whose metrics the engine shows.
  private static void pool(BedNamespace home, String app, LiveEngine engine, String... lines) {
    home.apply(
        """
        apiVersion: inferscale.dev/v1alpha1
        kind: ModelPool
        metadata: {name: %1$s}
        spec:
          model: acme/chat
          source: {pods: {selector: {matchLabels: {app: %1$s}}, ports: [%2$d]}}
          interval: 1s
          %3$s
        """
            .formatted(app, engine.port(), String.join("\n  ", lines)));
    home.servedBy(app, engine.address());
  }

  /// Case S13.
  @Test
  void aRedirectIsFollowedOnTheSameHostAndRefusedByNameElsewhereOrWithoutEnd(
      Bed bed, BedNamespace home) throws Exception {
    try (LiveEngine engine = new LiveEngine();
        PlaneOnBed plane = PlaneOnBed.start(bed, home, folder)) {
      engine.redirects("/metrics", "/metrics/").shows("/metrics/");
      pool(home, "moved", engine);
      home.awaitThat("values come from /metrics/", () -> plane.value("moved", WAITING) == 8);

      engine.redirects("/metrics", "http://169.254.10.10/latest/");
      awaitRefused(home, plane, "redirect to another host or port (http://169.254.10.10)");

      int before = engine.asked();
      engine.redirects("/metrics", "/metrics");
      awaitRefused(home, plane, "redirects more than 3 times");
      long fetches = fetches(plane);
      int asked = engine.asked();
      home.awaitThat("it is read again", () -> fetches(plane) >= fetches + 3);
      // One request and three redirects for each reading, and one reading more that may be on.
      assertThat(engine.asked() - asked)
          .isLessThanOrEqualTo(4 * (int) (fetches(plane) - fetches + 1));
      assertThat(asked).isGreaterThan(before);
    }
  }

  private static void awaitRefused(BedNamespace home, PlaneOnBed plane, String sentence) {
    home.awaitThat(
        "refused: " + sentence,
        () -> {
          JsonNode signal = plane.signal("moved", WAITING);
          return signal.path("reason").asText().equals("refused")
              && signal.path("explanation").asText().contains(sentence);
        });
  }

  /// Metrics pages asked for so far, whatever came of it.
  private static long fetches(PlaneOnBed plane) throws IOException {
    return plane
        .text("metrics")
        .lines()
        .filter(line -> line.startsWith("inferscale_fetches_total{"))
        .mapToLong(line -> (long) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  /// Case S16, with its times and windows made shorter.
  @Test
  void aRateAcrossAGapIsRightOrMissingButNeverADipOrABurst(Bed bed, BedNamespace home)
      throws Exception {
    try (LiveEngine engine = new LiveEngine().shows("/metrics");
        PlaneOnBed plane = PlaneOnBed.start(bed, home, folder)) {
      pool(home, "gap", engine, "windows: {rates: 6s}", "missing: {staleAfter: 4s}");
      home.awaitThat("there is a rate", () -> !Double.isNaN(plane.value("gap", RATE)));

      List<String> before = observe(plane, Duration.ofSeconds(6));
      engine.goesDark("/metrics");
      List<String> dark = observe(plane, Duration.ofSeconds(12));
      engine.shows("/metrics");
      List<String> after = observe(plane, Duration.ofSeconds(15));
      System.out.printf("before %s%ndark %s%nafter %s%n", before, dark, after);

      Set<String> right = Set.of("right", "unreachable", "stale", "not_yet", "no_targets");
      assertThat(before).isNotEmpty().containsOnly("right");
      assertThat(dark).isSubsetOf(right);
      assertThat(dark.getLast()).isEqualTo("unreachable");
      assertThat(after).isSubsetOf(right);
      assertThat(after.getLast()).isEqualTo("right");
    }
  }

  /// What the plane says of the rate each half second: `right` for a number within a tenth, the
  /// number itself for any other, or the reason why there is none.
  private static List<String> observe(PlaneOnBed plane, Duration time) {
    List<String> seen = new ArrayList<>();
    long began = System.nanoTime();
    Awaitility.await()
        .pollInterval(Duration.ofMillis(500))
        .atMost(time.plus(Started.LIMIT))
        .until(() -> {
          JsonNode signal = plane.signal("gap", RATE);
          double off = signal.path("value").asDouble() - LiveEngine.TOKENS_PER_SECOND;
          if (!signal.has("value")) {
            seen.add(signal.path("reason").asText());
          } else if (Math.abs(off) <= 0.1 * LiveEngine.TOKENS_PER_SECOND) {
            seen.add("right");
          } else {
            seen.add(signal.path("value").asText());
          }
          return System.nanoTime() - began > time.toNanos();
        });
    return seen;
  }

  @Test
  void aLostRunnersPodsStopCountingUntilTheNextRunnerHasStartedThem(Bed bed, BedNamespace home)
      throws Exception {
    home.node("runner");
    home.pool("runner");
    home.workers("runner", 1);
    try (PlaneOnBed plane = PlaneOnBed.start(bed, home, folder)) {
      home.awaitThat("it counts", () -> plane.coverage("runner").equals("1/1"));
      String address = home.oneReady("runner").getStatus().getPodIP();
      assertThat(processesAt(address)).isPositive();

      bed.killPodRunner();
      try {
        home.awaitThat("its processes are gone", () -> processesAt(address) == 0);
        home.awaitThat("nothing counts", () -> plane.coverage("runner").equals("unreachable"));
      } finally {
        bed.startPodRunner();
      }
      home.awaitThat("it counts again", () -> plane.coverage("runner").equals("1/1"));
    }
  }

  @Test
  void aKilledNodesPodIsReplacedOnAnotherNodeAndCountsThere(Bed bed, BedNamespace home)
      throws Exception {
    String lost = home.node("dead");
    home.pool("killed");
    home.workers("killed", 1);
    try (PlaneOnBed plane = PlaneOnBed.start(bed, home, folder)) {
      home.awaitThat("it counts", () -> plane.coverage("killed").equals("1/1"));
      var first = home.oneReady("killed");
      String address = first.getStatus().getPodIP();
      assertThat(processesAt(address)).isPositive();
      String alive = home.node("alive");

      home.lose(lost, "kill");
      home.awaitThat("its processes are gone", () -> processesAt(address) == 0);
      home.awaitThat("nothing counts", () -> plane.coverage("killed").equals("unreachable"));
      Awaitility.await("its pod is replaced on the other node")
          .atMost(Duration.ofMinutes(2))
          .until(() ->
              home.ready("killed").stream()
                  .anyMatch(pod -> pod.getSpec().getNodeName().equals(alive)));
      home.awaitThat("the new one counts", () -> plane.coverage("killed").equals("1/1"));
    } finally {
      home.bringBack(lost);
    }
  }

  /// Processes of this machine that were told that address: a worker and what it stands under.
  private static long processesAt(String address) {
    return ProcessHandle.allProcesses()
        .flatMap(process -> process.info().commandLine().stream())
        .filter(line -> line.contains("--host " + address + " "))
        .count();
  }
}
