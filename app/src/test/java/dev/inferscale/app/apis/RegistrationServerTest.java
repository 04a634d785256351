package dev.inferscale.app.apis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.inferscale.app.act.outbox.Clock;
import dev.inferscale.signals.kube.KubeAccess;
import dev.inferscale.signals.kube.Reflector;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Whose the metrics APIs are, as a server tells it.
final class RegistrationServerTest {
  private static final Reflector.Timing QUICK =
      new Reflector.Timing(
          Duration.ofSeconds(10),
          Duration.ofSeconds(1),
          Duration.ofMillis(20),
          Duration.ofMillis(100),
          Duration.ofSeconds(1));

  private static final Duration LONG = Duration.ofMinutes(1);

  @TempDir private Path folder;
  private final Clock time = new Clock();
  private StubRegistry server;
  private RegistrationWatch watch;

  @BeforeEach
  void start() throws Exception {
    server = new StubRegistry();
    watch = watch(server.access(folder));
    watch.start();
  }

  @AfterEach
  void stop() {
    watch.close();
    server.close();
  }

  private RegistrationWatch watch(KubeAccess access) {
    return new RegistrationWatch(Mode.AUTO, true, "inferscale/inferscale", access, time, QUICK);
  }

  @Test
  void itFollowsWhoeverIsRegisteredAndNeverWrites() {
    awaitMode("external");
    await()
        .atMost(LONG)
        .untilAsserted(() -> assertThat(row("inferscale_apiservice")).containsOnly("absent "));

    registered("keda/keda-operator-metrics-apiserver");
    awaitMode("keda");
    assertThat(row("inferscale_apiservice"))
        .containsExactlyInAnyOrder(
            "keda keda/keda-operator-metrics-apiserver", "absent ", "absent ");

    registered("inferscale/inferscale");
    awaitMode("external");
    registered("monitoring/prometheus-adapter");
    awaitMode("custom");
    server.remove(MetricsApi.EXTERNAL.path());
    awaitMode("external");
    assertThat(server.methods()).containsExactly("GET");
  }

  @Test
  void whatMayNotBeReadIsUnknownAndIsReadOnceItMay() {
    registered("inferscale/inferscale");
    awaitMode("external");

    server.answers(403);
    await()
        .atMost(LONG)
        .untilAsserted(() -> {
          time.advance(RegistrationWatch.BELIEVED);
          assertThat(mode()).containsExactly("unknown");
        });
    watch.look();

    server.answers(200);
    awaitMode("external");
  }

  @Test
  void withoutAClusterNothingIsKnownAndNothingAsked() {
    try (RegistrationWatch alone = watch(new KubeAccess.None())) {
      alone.start();
      alone.look();
      assertThat(alone.stance().mode()).isEmpty();
      assertThat(alone.known(MetricsApi.EXTERNAL)).isEqualTo(Registered.UNKNOWN);
    }
  }

  private void registered(String service) {
    String[] parts = service.split("/", -1);
    server.put(
        MetricsApi.EXTERNAL.path(),
        "{\"metadata\":{},\"spec\":{\"service\":{\"namespace\":\"%s\",\"name\":\"%s\"}}}"
            .formatted(parts[0], parts[1]));
  }

  private void awaitMode(String expected) {
    await().atMost(LONG).untilAsserted(() -> assertThat(mode()).containsExactly(expected));
    watch.look();
  }

  /// Of the rows of the mode, those that hold.
  private List<String> mode() {
    return points("inferscale_mode").stream()
        .filter(point -> point.getValue() == 1)
        .map(point -> point.getLabels().get("mode"))
        .toList();
  }

  private List<String> row(String name) {
    return points(name).stream()
        .map(point -> point.getLabels().get("owner") + " " + point.getLabels().get("service"))
        .toList();
  }

  private List<GaugeSnapshot.GaugeDataPointSnapshot> points(String name) {
    for (MetricSnapshot snapshot : watch.metrics().collect()) {
      if (snapshot.getMetadata().getName().equals(name)) {
        return ((GaugeSnapshot) snapshot).getDataPoints();
      }
    }
    throw new AssertionError("no metric " + name);
  }
}
