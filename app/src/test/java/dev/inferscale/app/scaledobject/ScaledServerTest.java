package dev.inferscale.app.scaledobject;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.inferscale.app.act.outbox.Clock;
import dev.inferscale.app.apis.StubRegistry;
import dev.inferscale.signals.discover.DiscoverConfig;
import dev.inferscale.signals.kube.Reflector;
import dev.inferscale.signals.pool.PoolId;
import dev.inferscale.signals.snapshot.Snapshot;
import dev.inferscale.signals.snapshot.Windows;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Warnings of a plane about KEDA's objects, as a server tells of them.
final class ScaledServerTest {
  private static final String OBJECT = "/apis/keda.sh/v1alpha1/namespaces/serving/scaledobjects/";
  private static final String JOB = "/apis/keda.sh/v1alpha1/namespaces/serving/scaledjobs/";
  private static final Duration LONG = Duration.ofMinutes(1);
  private static final Reflector.Timing QUICK =
      new Reflector.Timing(
          Duration.ofSeconds(10),
          Duration.ofSeconds(1),
          Duration.ofMillis(20),
          Duration.ofMillis(100),
          Duration.ofSeconds(1));

  @TempDir private Path folder;
  private final Clock time = new Clock();
  private final Snapshot nothing = new Windows().fold(List.of(), List.of(), Clock.START);
  private StubRegistry server;
  private ScaledWatch watch;

  @BeforeEach
  void start() throws Exception {
    server = new StubRegistry();
    watch =
        new ScaledWatch(
            new DiscoverConfig(server.access(folder), List.of("serving"), List.of()),
            () -> nothing,
            time,
            QUICK);
    watch.start();
  }

  @AfterEach
  void stop() {
    watch.close();
    server.close();
  }

  @Test
  void eachWarningCountsWhileItHoldsAndPoolsHearOfTheirs() {
    server.put(OBJECT + "other", document("other", "scaleTargetRef", "{\"cpu\":\"1\"}"));
    server.put(
        OBJECT + "chat",
        document("chat", "scaleTargetRef", "{\"pool\":\"chat\",\"tarrget\":\"4\"}"));
    server.put(JOB + "jobs", document("jobs", "jobTargetRef", "{\"pool\":\"\"}"));
    awaitRows(Map.of("bad_trigger", 1, "unread_key", 1, "polled_rise", 2, "fallback", 1));
    assertThat(watch.about(new PoolId("serving", "chat")))
        .anyMatch(each -> each.startsWith("scaledobject/serving/chat: triggers[0]: the key 'tarr"));
    assertThat(watch.about(new PoolId("serving", "other"))).isEmpty();

    server.remove(JOB + "jobs");
    awaitRows(Map.of("unread_key", 1, "polled_rise", 1, "fallback", 1));
    server.remove(OBJECT + "chat");
    awaitRows(Map.of());
    assertThat(server.methods()).containsExactly("GET");
  }

  @Test
  void aPoolIsMissedOnlyWhenThePlaneHasHadTimeToFindIt() {
    server.put(OBJECT + "chat", document("chat", "scaleTargetRef", "{\"pool\":\"chat\"}"));
    awaitRows(Map.of("polled_rise", 1, "fallback", 1));
    time.advance(Duration.ofSeconds(30));
    awaitRows(Map.of("polled_rise", 1, "fallback", 1, "unknown_pool", 1));
  }

  private static String document(String name, String target, String metadata) {
    return """
    {"metadata": {"name": "%s", "namespace": "serving"},
     "spec": {"%s": {}, "triggers": [{"type": "%s", "metadata": %s}]}}
    """
        .formatted(name, target, name.equals("jobs") ? "external-push" : "external", metadata);
  }

  private void awaitRows(Map<String, Integer> expected) {
    await()
        .atMost(LONG)
        .untilAsserted(() -> {
          watch.lookNow();
          assertThat(rows()).isEqualTo(expected);
        });
  }

  private Map<String, Integer> rows() {
    Map<String, Integer> rows = new TreeMap<>();
    for (MetricSnapshot metric : watch.metrics().collect()) {
      if (metric.getMetadata().getName().equals("inferscale_scaled_object_warnings")) {
        for (var point : ((GaugeSnapshot) metric).getDataPoints()) {
          if (point.getValue() > 0) {
            rows.put(String.valueOf(point.getLabels().get("kind")), (int) point.getValue());
          }
        }
      }
    }
    return rows;
  }
}
