package dev.inferscale.e2e.bed;

import static dev.inferscale.e2e.bed.ScriptedScaler.number;
import static dev.inferscale.e2e.bed.ScriptedScaler.sumOf;
import static dev.inferscale.e2e.bed.ScriptedScaler.unavailable;
import static dev.inferscale.e2e.bed.ScriptedScaler.yes;
import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.e2e.bed.ScriptedScaler.Call;
import dev.inferscale.keda.wire.IsActiveResponse;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// What the real KEDA does with an external scaler, right or wrong: each is the reason for
/// something that ours does or never does. A test that fails here with a newer KEDA says that
/// docs/keda.md has to be looked at.
@ExtendWith({BedExtension.class, KedaExtension.class})
final class KedaAsItIsIT {
  private static final String ERRORS = "keda_scaler_detail_errors_total";

  private final Bed bed;
  private final BedNamespace home;
  private final KedaOnBed keda;
  private ScriptedScaler scaler;

  KedaAsItIsIT(Bed bed, BedNamespace home, KedaOnBed keda) {
    this.bed = bed;
    this.home = home;
    this.keda = keda;
  }

  @BeforeEach
  void listen() throws IOException {
    scaler = new ScriptedScaler();
  }

  @AfterEach
  void clear() {
    ScaledObject.clear(bed, home);
    scaler.close();
    home.clear();
  }

  @Test
  void itSendsTheMetadataAsItIsAndADeadlineOnlyForTheHpa() {
    scaled("first", 1).pushedBy(scaler.address(), "pool", "Chat", "target", "10").apply();

    home.awaitThat("the HPA asks", () -> scaler.calls().stream().anyMatch(this::hasDeadline));

    Call polled = scaler.calls().getFirst();
    assertThat(polled.metadata())
        .isEqualTo(Map.of("scalerAddress", scaler.address(), "pool", "Chat", "target", "10"));
    assertThat(polled.deadline()).isEmpty();
    Call asked = scaler.calls().stream().filter(this::hasDeadline).findFirst().orElseThrow();
    assertThat(asked.deadline().orElseThrow())
        .isBetween(Duration.ofSeconds(50), Duration.ofSeconds(60));
    System.out.printf(
        "first calls of a new ScaledObject by %s: %s%n",
        polled.agent(), scaler.calls().stream().map(Call::method).limit(10).toList());
  }

  private boolean hasDeadline(Call call) {
    return call.deadline().isPresent();
  }

  @Test
  void aValueComesThroughInThousandths() throws Exception {
    scaler.specifies(() -> ScriptedScaler.target(5.5));
    scaler.measures(() -> sumOf(number(12.3456)));
    pushed("rounded", 1).apply();

    home.awaitThat("there is a value", () -> read("rounded").contains("\"value\""));
    assertThat(read("rounded")).contains("\"value\":\"12.346\"");

    assertThat(
            bed.kubectl(
                "get",
                "hpa",
                "keda-hpa-rounded",
                "--namespace",
                home.name(),
                "-o",
                "jsonpath={.spec.metrics[*].external.target.averageValue}"))
        .isEqualTo("5.500");
    System.out.printf(
        "one read through the aggregator and KEDA to a scaler: %.1f ms on average of 200%n",
        millisPerRead("rounded", 200));
  }

  private double millisPerRead(String name, int reads) throws Exception {
    try (HttpClient http = HttpClient.newBuilder().sslContext(bed.tls()).build()) {
      HttpRequest read = HttpRequest.newBuilder(bed.server().resolve(path(name))).build();
      Elapsed reading = new Elapsed();
      for (int i = 0; i < reads; i++) {
        assertThat(http.send(read, HttpResponse.BodyHandlers.discarding()).statusCode())
            .isEqualTo(200);
      }
      return reading.seconds() * 1_000 / reads;
    }
  }

  @Test
  void whatIsNotAboveZeroGivesWayToTheWholeNumberAndSeveralValuesAreAddedUp() {
    scaler.measures(() -> sumOf(number(Double.NaN, 7)));
    pushed("odd", 1).apply();

    home.awaitThat("7 for NaN", () -> read("odd").contains("\"value\":\"7\""));
    scaler.measures(() -> sumOf(number(-3, 2)));
    home.awaitThat("2 for -3", () -> read("odd").contains("\"value\":\"2\""));
    scaler.measures(() -> sumOf(number(5), number(5), number(5)));
    home.awaitThat("three items", () -> read("odd").split("\"value\":\"5\"", -1).length == 4);
    home.awaitThat("15 against 10", () -> replicas("odd") == 2);
    scaler.measures(ScriptedScaler::sumOf);
    home.awaitThat("no value is a fault", () -> read("odd").contains("no matching metrics found"));
  }

  @Test
  void withoutASpecThereIsNoFallback() {
    ScaledObject scaled =
        pushed("specless", 3).with("fallback: {failureThreshold: 2, replicas: 5}").apply();
    home.awaitThat("there is a value", () -> read("specless").contains("\"value\":\"5\""));
    int before = replicas("specless");

    scaler.specifies(() -> {
      throw unavailable();
    });
    long asked = scaler.calls("GetMetricSpec");
    home.awaitThat("KEDA asks often", () -> scaler.calls("GetMetricSpec") > asked + 20);

    assertThat(scaled.condition("Fallback")).isNotEqualTo("True");
    assertThat(scaled.now().at("/status/health").toString()).doesNotContain("Failing");
    assertThat(replicas("specless")).isEqualTo(before);
  }

  @Test
  void anErrorOfIsActiveTakesTheMetricWithIt() {
    pushed("unsure", 1).apply();
    home.awaitThat("there is a value", () -> read("unsure").contains("\"value\":\"5\""));

    scaler.isActive(() -> {
      throw unavailable();
    });

    home.awaitThat("there is none", () -> !read("unsure").contains("\"value\""));
  }

  @Test
  void aSecondTriggerThatNobodyAnswersTakesTheFirstWithIt() {
    ScaledObject scaled =
        pushed("half", 1).pushedBy("127.0.0.1:1", "pool", "other", "target", "1").apply();

    home.awaitThat("the healthy one is asked", () -> scaler.calls("GetMetrics") > 3);

    home.awaitThat("its metric is not there", () -> !read("half").contains("\"value\""));
    assertThat(scaled.condition("Ready")).isNotEqualTo("True");
  }

  @Test
  void aGetMetricsThatHangsHoldsBackPollsAndPushes() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch answer = new CountDownLatch(1);
    scaler.isActive(() -> false);
    ScaledObject scaled = pushed("hung", 0).apply();
    scaled.awaitKnown();
    StreamObserver<IsActiveResponse> stream = scaler.stream();

    scaler.measures(() -> {
      asked.countDown();
      await(answer);
      return sumOf(number(5));
    });
    await(asked);
    long before = scaler.calls("GetMetrics");
    stream.onNext(yes());

    Awaitility.await("nothing happens for three polls")
        .during(Duration.ofSeconds(6))
        .atMost(Duration.ofSeconds(10))
        .until(() -> replicas("hung") == 0 && scaler.calls("GetMetrics") == before);
    Elapsed freed = new Elapsed();
    answer.countDown();
    scaled.awaitReplicas(1);
    freed.says("GetMetrics answers after all to the replica that was pushed meanwhile");
  }

  @Test
  void everyTrueCostsAPatch() throws Exception {
    ScaledObject scaled = pushed("chatty", 1).with("pollingInterval: 60").apply();
    scaled.awaitKnown();
    StreamObserver<IsActiveResponse> stream = scaler.stream();
    double before = patches();

    try (ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor()) {
      for (int i = 0; i < 20; i++) {
        var _ = timer.schedule(() -> stream.onNext(yes()), i * 100L, TimeUnit.MILLISECONDS);
      }
    }

    home.awaitThat("20 requests", () -> patches() >= before + 20);
    System.out.printf("20 pushes in 2 s: %.0f PATCHes of the status%n", patches() - before);
  }

  @Test
  void onlyAnEndWithOkBringsAStreamBackSoon() throws Exception {
    pushed("ending", 1).apply();
    List<Double> seconds = new ArrayList<>();

    for (boolean ok : List.of(false, false, false, true, false)) {
      StreamObserver<IsActiveResponse> stream = scaler.stream();
      Elapsed ended = new Elapsed();
      if (ok) {
        stream.onCompleted();
      } else {
        stream.onError(Status.UNAVAILABLE.asException());
      }
      home.awaitThat("it is opened anew", scaler::hasStream);
      seconds.add(ended.seconds());
    }

    System.out.printf(
        "error, error, error, OK, error: opened anew after %s s%n",
        seconds.stream().map("%.1f"::formatted).collect(Collectors.joining(", ")));
    assertThat(seconds.get(2)).isGreaterThan(2 * seconds.get(0));
    assertThat(seconds.get(3)).isLessThan(seconds.get(2) / 2);
  }

  @Test
  void aScalerThatWasAwayIsFoundAgain() throws Exception {
    pushed("away", 1).apply();
    home.awaitThat("there is a value", () -> read("away").contains("\"value\":\"5\""));
    scaler.stream();

    Elapsed away = new Elapsed();
    scaler.dies();
    home.awaitThat("it was away for long", () -> away.seconds() >= 20);
    assertThat(keda.metric(ERRORS)).isPositive();
    long asked = scaler.calls().size();
    Elapsed back = new Elapsed();
    scaler.comesBack();

    home.awaitThat("it is called", () -> scaler.calls().size() > asked);
    back.says("a scaler that was away for 20 s is back, to its first call");
    scaler.stream();
    back.says("the same, to its stream");
  }

  private ScaledObject scaled(String name, int replicas) {
    home.unscheduled(name, replicas);
    return new ScaledObject(home, name);
  }

  private ScaledObject pushed(String name, int replicas) {
    return scaled(name, replicas).pushedBy(scaler.address(), "pool", name, "target", "10");
  }

  private int replicas(String name) {
    return new ScaledDeployment(home, name).replicas();
  }

  private String path(String name) {
    return new ScaledObject(home, name).path(ScriptedScaler.METRIC);
  }

  /// What the API server answers, also where that is a fault.
  private String read(String name) {
    try {
      return bed.kubectl("get", "--raw", path(name));
    } catch (AssertionError fault) {
      return String.valueOf(fault.getMessage());
    }
  }

  /// Of all ScaledObjects' status, which the API server has been asked for.
  private double patches() {
    return MetricLines.sum(
        bed.kubectl("get", "--raw", "/metrics"),
        "apiserver_request_total",
        "resource=\"scaledobjects\"",
        "subresource=\"status\"",
        "verb=\"PATCH\"");
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(2, TimeUnit.MINUTES)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
