package dev.inferscale.e2e.bed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.e2e.SourceTree;
import dev.inferscale.e2e.Started;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// A plane whose API server refuses it, stands still or is away. Its pods are served by the test,
/// so that no node and no kubelet has a part in it.
@ExtendWith(BedExtension.class)
final class ApiServerFaultsIT {
  private static final String WAITING = "inference_requests_waiting";

  /// As `/readyz?verbose` shows the watch of pods.
  private static final Pattern AGE = Pattern.compile("watch-pods\\S* ok: in step (\\d+) s ago(.*)");

  /// A watch that is connected is in step more often than this.
  private static final int WATCH_SECONDS = 18;

  private static final Duration OUTAGE = Duration.ofSeconds(60);

  private final MetricsPages pages = new MetricsPages();

  @TempDir private Path folder;

  @AfterEach
  void clear(BedNamespace home) {
    pages.close();
    home.clear();
  }

  @Test
  void aPlaneThatIsRefusedAtItsStartBeginsWithTheTokenThatComesLater(Bed bed, BedNamespace home)
      throws Exception {
    account(home);
    pool(home, "early");
    home.servedBy("early", pages.show(3));
    try (PlaneOnBed plane = PlaneOnBed.start(holder(bed, "of-another-cluster"), home, folder)) {
      home.awaitThat(
          "it says that it is refused",
          () -> plane.text("readyz?verbose").contains("the API server answers 401"));
      assertThat(plane.text("readyz?verbose")).contains("not listed yet");

      holder(bed, token(bed, home, "first"));
      home.awaitThat("the value is there", () -> plane.value("early", WAITING) == 3);
      home.awaitThat("it is ready", () -> fault(plane).isEmpty());
    }
  }

  @Test
  void aTokenThatIsRevokedAndReplacedCostsNoValue(Bed bed, BedNamespace home) throws Exception {
    account(home);
    pool(home, "old");
    home.servedBy("old", pages.show(3));
    try (PlaneOnBed plane =
        PlaneOnBed.start(holder(bed, token(bed, home, "first")), home, folder)) {
      home.awaitThat("the value is there", () -> plane.value("old", WAITING) == 3);

      home.kube().secrets().inNamespace(home.name()).withName("first").delete();
      home.awaitThat(
          "the API server refuses the token", () -> fault(plane).contains("answers 401"));
      assertThat(plane.value("old", WAITING)).isEqualTo(3);

      holder(bed, token(bed, home, "second"));
      pool(home, "new");
      home.servedBy("new", pages.show(5));
      home.awaitThat("what came since is seen", () -> plane.value("new", WAITING) == 5);
      home.awaitThat("the watch is in step", () -> fault(plane).isEmpty());
      assertThat(plane.value("old", WAITING)).isEqualTo(3);
    }
  }

  @Test
  void valuesFlowOnWhileTheApiServerHangsAndWhatCameAfterwardsIsSeen(Bed bed, BedNamespace home)
      throws Exception {
    String address = pages.show(3);
    pool(home, "hung");
    home.servedBy("hung", address);
    try (PlaneOnBed plane = PlaneOnBed.start(bed, home, folder)) {
      home.awaitThat("the value is there", () -> plane.value("hung", WAITING) == 3);

      bed.hangApiServer();
      try {
        pages.hide(address);
        pages.show(address, 4);
        home.awaitThat("a change is seen", () -> plane.value("hung", WAITING) == 4);
        home.awaitThat("the watch is given up", () -> age(plane) > WATCH_SECONDS);
        home.awaitThat("it says why", () -> fault(plane).contains("said nothing for"));
        assertThat(plane.value("hung", WAITING)).isEqualTo(4);
        assertThat(plane.text("metrics"))
            .containsPattern("inferscale_watch_up\\{[^}]*resource=\"pods\"} 0");
      } finally {
        bed.resumeApiServer();
      }
      long resumed = System.nanoTime();

      pool(home, "after");
      home.servedBy("after", pages.show(5));
      home.awaitThat("what came since is seen", () -> plane.value("after", WAITING) == 5);
      System.out.printf(
          "after the API server hung, a new pool and pod count %d ms later%n",
          (System.nanoTime() - resumed) / 1_000_000);
      home.awaitThat(
          "the watch is in step", () -> fault(plane).isEmpty() && age(plane) <= WATCH_SECONDS);
    }
  }

  /// Case M05, and the version from which each watch would go on is forgotten meanwhile.
  @Test
  void valuesFlowOnForAMinuteWithoutTheApiServerAndATooOldWatchListsAnew(Bed bed, BedNamespace home)
      throws Exception {
    String address = pages.show(3);
    pool(home, "away");
    home.servedBy("away", address);
    try (PlaneOnBed plane = PlaneOnBed.start(bed, home, folder)) {
      home.awaitThat("the value is there", () -> plane.value("away", WAITING) == 3);

      bed.killApiServer();
      try {
        bed.forgetHistory();
        pages.hide(address);
        pages.show(address, 4);
        home.awaitThat("a change is seen", () -> plane.value("away", WAITING) == 4);
        Awaitility.await("values flow on for a minute")
            .during(OUTAGE)
            .atMost(OUTAGE.plus(Started.LIMIT))
            .until(() -> plane.value("away", WAITING) == 4);
        assertThat(age(plane)).isGreaterThanOrEqualTo((int) OUTAGE.toSeconds());
        assertThat(fault(plane)).isNotEmpty();
      } finally {
        bed.startApiServer();
      }
      long back = System.nanoTime();

      pool(home, "after");
      home.servedBy("after", pages.show(5));
      home.awaitThat("what came since is seen", () -> plane.value("after", WAITING) == 5);
      System.out.printf(
          "after a minute without API server, a new pool and pod count %d ms later%n",
          (System.nanoTime() - back) / 1_000_000);
      home.awaitThat(
          "the watch is in step", () -> fault(plane).isEmpty() && age(plane) <= WATCH_SECONDS);
      assertThat(plane.log().lines().filter(line -> line.contains("answers 410; listing again")))
          .anyMatch(line -> line.contains("\"resource\":\"pods\""))
          .anyMatch(line -> line.contains("\"resource\":\"modelpools\""));
      assertThat(plane.value("away", WAITING)).isEqualTo(4);
    }
  }

  private void pool(BedNamespace home, String app) {
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
  }

  /// The service account of our manifests, with the rights that they give it.
  private static void account(BedNamespace home) throws IOException {
    for (String manifest : new String[] {"service-account", "namespaced/reader"}) {
      Path file = SourceTree.root().resolve("manifests/base/rbac/" + manifest + ".yaml");
      home.apply(
          Files.readString(file).replace("namespace: inferscale", "namespace: " + home.name()));
    }
  }

  /// A token of that account that is good for as long as there is a Secret of that name.
  private static String token(Bed bed, BedNamespace home, String secret) {
    home.apply(
        """
        apiVersion: v1
        kind: Secret
        metadata: {name: %s}
        """
            .formatted(secret));
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

  /// The plane's kubeconfig, from now on with that token.
  private Path holder(Bed bed, String token) throws IOException {
    Path fresh = Files.writeString(folder.resolve("fresh"), bed.kubeconfigOf(token));
    return Files.move(fresh, folder.resolve("kubeconfig"), StandardCopyOption.ATOMIC_MOVE);
  }

  private static int age(PlaneOnBed plane) throws IOException {
    return Integer.parseInt(watch(plane).group(1));
  }

  /// What is wrong with the watch of pods now; empty when nothing is.
  private static String fault(PlaneOnBed plane) throws IOException {
    return watch(plane).group(2);
  }

  private static Matcher watch(PlaneOnBed plane) throws IOException {
    Matcher matcher = AGE.matcher(plane.text("readyz?verbose"));
    assertThat(matcher.find()).isTrue();
    return matcher;
  }
}
