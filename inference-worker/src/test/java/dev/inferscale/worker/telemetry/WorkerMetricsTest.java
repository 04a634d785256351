package dev.inferscale.worker.telemetry;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.launch.OpsPages;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class WorkerMetricsTest {
  private static final Identity PRICED = new Identity("m", "cpu", "1", 16, 1024, 32, 128, 3.6, 3);

  private final PrometheusRegistry registry = new PrometheusRegistry();

  @Test
  void thePageHasTheFamiliesTypesLabelsAndBoundsOfTheContract() throws IOException {
    worker(PRICED).finished(finished("unknown"));
    Map<String, Family> contract = families(golden());
    contract.keySet().removeIf(name -> name.endsWith("_created"));
    contract.keySet().removeIf(name -> name.startsWith("inference_worker_gpu_"));

    Map<String, Family> ours = families(page());

    assertThat(ours.keySet())
        .as("families, beside more facts about the process")
        .containsAll(contract.keySet())
        .allMatch(name -> contract.containsKey(name) || name.startsWith("process_"));
    contract.forEach((name, family) -> assertThat(ours.get(name)).as(name).isEqualTo(family));
  }

  @Test
  void everyOutcomeStandsAtZeroFromTheStart() {
    worker(PRICED);

    for (Outcome outcome : Outcome.values()) {
      assertThat(page())
          .contains(
              "inference_worker_requests_total{model=\"m\",outcome=\"%s\",reason=\"%s\"} 0.0\n"
                  .formatted(outcome.outcome(), outcome.reason()));
    }
  }

  @Test
  void gaugesAreWhatTheEngineHoldsNow() {
    worker(PRICED);

    assertThat(page())
        .contains("inference_worker_requests_waiting{model=\"m\"} 3.0\n")
        .contains("inference_worker_requests_running{model=\"m\"} 2.0\n")
        .contains("inference_worker_tokens_in_flight{model=\"m\",state=\"waiting\"} 300.0\n")
        .contains("inference_worker_tokens_in_flight{model=\"m\",state=\"running\"} 200.0\n")
        .contains("inference_worker_kv_cache_utilization_ratio{model=\"m\"} 0.25\n")
        .contains("inference_worker_queue_oldest_wait_seconds{model=\"m\"} 1.5\n");
  }

  @Test
  void manyTenantsShareOneSeries() {
    WorkerMetrics metrics = worker(PRICED);

    for (int i = 0; i < 10_000; i++) {
      metrics.finished(finished("tenant-" + i));
    }

    assertThat(page())
        .contains("inference_worker_tenant_requests_total{model=\"m\",tenant=\"tenant-2\"} 1.0\n")
        .contains("inference_worker_tenant_requests_total{model=\"m\",tenant=\"other\"} 9997.0\n")
        .doesNotContain("tenant-3\"");
  }

  @Test
  void costIsTheDevicesTimeAtItsPrice() {
    worker(PRICED).finished(finished("acme"));

    // Half a second of 3.6 USD per hour.
    assertThat(page())
        .contains("inference_worker_cost_usd_total{model=\"m\",tenant=\"acme\"} 5.0E-4\n");
  }

  @Test
  void withoutAPriceThereIsNoCost() {
    worker(new Identity("m", "cpu", "1", 16, 1024, 32, 128, 0, 3)).finished(finished("acme"));

    assertThat(page()).doesNotContain("cost_usd");
  }

  private WorkerMetrics worker(Identity identity) {
    WorkerMetrics metrics = new WorkerMetrics(registry, identity);
    metrics.watch(() -> new Load(3, 2, 300, 200, 256, Duration.ofMillis(1500)));
    return metrics;
  }

  private static Finished finished(String tenant) {
    return new Finished(
        Outcome.STOP,
        tenant,
        10,
        5,
        Duration.ofMillis(20),
        Optional.of(Duration.ofMillis(100)),
        Duration.ofMillis(400),
        Duration.ofMillis(510),
        0.5,
        0);
  }

  private String page() {
    OpsPages pages = new OpsPages(registry, new LinkedHashMap<>(), new LinkedHashMap<>());
    return new String(pages.metrics("").body(), UTF_8);
  }

  private static String golden() throws IOException {
    try (InputStream page =
        WorkerMetricsTest.class.getResourceAsStream("inference-worker-loaded.prom")) {
      return new String(page.readAllBytes(), UTF_8);
    }
  }

  /// What of a family is contract; values and label values are not.
  private record Family(String type, String help, Set<String> labels, Set<String> bounds) {}

  private static final Pattern TYPE = Pattern.compile("# TYPE (\\S+) (\\S+)");
  private static final Pattern HELP = Pattern.compile("# HELP (\\S+) (.*)");
  private static final Pattern LABEL = Pattern.compile("([a-z_]+)=\"([^\"]*)\"");

  private static Map<String, Family> families(String page) {
    Map<String, Family> families = new TreeMap<>();
    String help = "";
    Family family = new Family("", "", new TreeSet<>(), new TreeSet<>());
    for (String line : page.lines().toList()) {
      Matcher helpLine = HELP.matcher(line);
      Matcher typeLine = TYPE.matcher(line);
      if (helpLine.matches()) {
        help = helpLine.group(2);
      } else if (typeLine.matches()) {
        family = new Family(typeLine.group(2), help, new TreeSet<>(), new TreeSet<>());
        families.put(typeLine.group(1), family);
      } else {
        addLabels(family, line);
      }
    }
    return families;
  }

  private static void addLabels(Family family, String line) {
    for (Matcher label = LABEL.matcher(line); label.find(); ) {
      if (label.group(1).equals("le")) {
        family.bounds().add(label.group(2));
      } else {
        family.labels().add(label.group(1));
      }
    }
  }
}
