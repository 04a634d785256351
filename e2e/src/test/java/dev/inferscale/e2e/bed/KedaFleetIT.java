package dev.inferscale.e2e.bed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.e2e.Started;
import io.grpc.Status;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// Many objects of the real KEDA, and two replicas of a plane that it finds by one name.
@ExtendWith({BedExtension.class, KedaExtension.class})
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class KedaFleetIT {
  private static final String NAME = "scaler.test";
  private static final String WAITING = "inference_requests_waiting";
  private static final String ERRORS = "keda_scaler_detail_errors_total";
  private static final int FLEET = 300;
  private static final Duration LONG = Duration.ofMinutes(4);

  @TempDir private static Path folder;

  private static final Duration PINGS_FOR = Duration.ofMinutes(3);

  private static PingingCaller pinging;
  private static NameServer names;
  private static MetricsPages addresses;
  private static final List<String> hosts = new ArrayList<>();
  private static final List<PlaneOnBed> planes = new ArrayList<>();

  private final Bed bed;
  private final BedNamespace home;
  private final KedaOnBed keda;

  KedaFleetIT(Bed bed, BedNamespace home, KedaOnBed keda) {
    this.bed = bed;
    this.home = home;
    this.keda = keda;
  }

  @BeforeAll
  static void start(Bed bed, BedNamespace home) throws IOException {
    names = new NameServer(NAME);
    addresses = new MetricsPages();
    launch(bed, home);
    pinging = new PingingCaller(hosts.getFirst(), planes.getFirst().keda());
    launch(bed, home);
    resolve();
  }

  /// One more replica, at an address of its own and the port of all.
  private static void launch(Bed bed, BedNamespace home) throws IOException {
    String address = addresses.reserve();
    hosts.add(address);
    planes.add(
        PlaneOnBed.start(
            bed,
            home,
            folder,
            "--keda.host",
            address,
            "--keda.port",
            String.valueOf(addresses.port()),
            "--keda.health-port",
            "0",
            "--keda.grace",
            "2s"));
  }

  /// The name stands for the replicas that run.
  private static void resolve() throws IOException {
    List<InetAddress> found = new ArrayList<>();
    for (String host : hosts) {
      found.add(InetAddress.getByName(host));
    }
    names.says(found);
  }

  @AfterAll
  static void stop() {
    pinging.close();
    planes.forEach(PlaneOnBed::close);
    names.close();
  }

  @AfterEach
  void clear() {
    ScaledObject.clear(bed, home);
    home.clear();
  }

  @Test
  @Order(1)
  void aReplicaThatDiesCostsTheCallsThatWereUnderWay() throws Exception {
    try (LiveEngine engine = new LiveEngine().shows("/metrics", 4, 1);
        HttpClient client = HttpClient.newBuilder().sslContext(bed.tls()).build()) {
      home.poolOf(engine, "chat");
      for (int i = 0; i < 20; i++) {
        home.unscheduled("chat-" + i, 1);
        object("chat", "chat-" + i).with("pollingInterval: 1").apply();
      }
      for (PlaneOnBed plane : planes) {
        home.awaitThat("both are asked", () -> asked(plane) > 20);
      }
      home.awaitThat("all streams are open", () -> streams() == 20);
      URI metric = bed.server().resolve(new ScaledObject(home, "chat-0").path(WAITING));
      CalmReads reads =
          new CalmReads(
              client,
              HttpRequest.newBuilder(metric)
                  .header("Impersonate-User", "reader")
                  .header("Impersonate-Group", "system:masters")
                  .timeout(Started.LIMIT)
                  .build(),
              "\"value\":\"4\"");
      home.awaitThat("it is read", () -> reads.good() > 100);
      double before = keda.metric(ERRORS);

      PlaneOnBed dead = planes.removeLast();
      hosts.removeLast();
      long killed = System.nanoTime();
      dead.signal("KILL");
      assertThat(dead.status()).isEqualTo(137);
      int then = reads.good();
      home.awaitThat("reads go on", () -> reads.good() > then + 200);
      // KEDA waits up to a minute before it opens a stream again that ended with an error.
      home.awaitThat("the other has all streams", LONG, () -> streams() == 20);
      long recovered = System.nanoTime();
      launch(bed, home);
      // A Service lists no replica before.
      home.awaitThat("the new one is ready", () -> planes.getLast().text("readyz").equals("ok"));
      resolve();
      home.awaitThat("the new one is asked", LONG, () -> asked(planes.getLast()) > 20);

      CalmReads.Outcome outcome = reads.end();
      double errors = keda.metric(ERRORS) - before;
      System.out.printf(
          "one of two killed: %d of %d reads failed, %.0f errors in KEDA; all streams at the other"
              + " after %.1f s%n",
          outcome.failures().size(), outcome.reads(), errors, (recovered - killed) / 1e9);
      // One read at a time, and one poll of each object.
      assertThat(outcome.failures()).as(outcome.failures().toString()).hasSizeLessThanOrEqualTo(1);
      assertThat(errors).isLessThanOrEqualTo(20);
    }
  }

  /// K07: servers that answered such pings with GOAWAY (grpc/grpc-java#5188, kedacore/keda#7879).
  /// The caller came before the first test.
  @Test
  @Order(3)
  void aCallerThatPingsOftenKeepsItsStreamToThePlannedEnd() throws Exception {
    home.awaitThat(
        "it has pinged for three minutes", LONG, () -> pinging.age().compareTo(PINGS_FOR) > 0);
    assertThat(pinging.end()).isEmpty();

    planes.getFirst().signal("TERM");

    home.awaitThat("the stream has ended", () -> pinging.end().isPresent());
    assertThat(pinging.end()).contains(Status.Code.OK);
  }

  @Test
  @Order(2)
  void anOperatorThatRestartsFindsAllItsStreamsAndNoRiseIsLost() throws Exception {
    home.unscheduled("fleet", 0);
    home.pool("fleet");
    home.apply(
        IntStream.range(0, FLEET)
            .mapToObj(i -> BedNamespace.unscheduledDocument("fleet-" + i, 0))
            .collect(Collectors.joining("---\n")));
    home.apply(
        IntStream.range(0, FLEET)
            .mapToObj(i -> object("fleet", "fleet-" + i).with("pollingInterval: 60").document())
            .collect(Collectors.joining("---\n")));
    home.awaitThat("all streams are open", LONG, () -> streams() == FLEET);

    long restarted = System.nanoTime();
    keda.restartOperator();
    home.awaitThat("the old streams have gone", LONG, () -> streams() < FLEET);
    home.awaitThat("all streams are open again", LONG, () -> streams() == FLEET);
    long reopened = System.nanoTime();
    List<Gateway> gateways = planes.stream().map(plane -> new Gateway(plane, "fleet")).toList();
    long told = System.nanoTime();
    gateways.forEach(gateway -> gateway.holds(1));

    home.awaitThat("every Deployment has risen", LONG, () -> risen() == FLEET);

    System.out.printf(
        "%d objects: all streams %.1f s after the operator's end; all risen %.1f s after the demand%n",
        FLEET, (reopened - restarted) / 1e9, (System.nanoTime() - told) / 1e9);
    gateways.forEach(Gateway::close);
  }

  private long risen() {
    return home.kube().apps().deployments().inNamespace(home.name()).list().getItems().stream()
        .filter(each -> each.getSpec().getReplicas() > 0)
        .count();
  }

  /// Those of KEDA: one more is the pinging caller's.
  private static double streams() throws IOException {
    double all = -1;
    for (PlaneOnBed plane : planes) {
      all += plane.streams();
    }
    return all;
  }

  private static double asked(PlaneOnBed plane) throws IOException {
    return plane.calls("GetMetrics");
  }

  private ScaledObject object(String pool, String name) {
    return new ScaledObject(home, name)
        .pushedBy(
            "dns://127.0.0.1:%d/%s:%d".formatted(names.port(), NAME, addresses.port()),
            "pool",
            pool,
            "signal",
            WAITING,
            "target",
            "2");
  }
}
