package dev.inferscale.launch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.launch.OpsPages.Check;
import dev.inferscale.launch.OpsPages.Page;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;

final class OpsPagesTest {
  private final PrometheusRegistry registry = new PrometheusRegistry();
  private Optional<String> modelFault = Optional.empty();
  private final OpsPages pages = new OpsPages(registry, checks(), checks());

  @Test
  void metricsAreTextUnlessTheClientAcceptsOpenMetrics() {
    Counter.builder().name("jobs_total").help("Jobs.").register(registry).inc();

    Page text = pages.metrics("");
    Page open = pages.metrics("application/openmetrics-text;version=1.0.0;q=0.8,text/plain;q=0.5");

    assertThat(text.contentType()).startsWith("text/plain; version=0.0.4");
    assertThat(body(text)).contains("jobs_total 1.0").doesNotContain("# EOF");
    assertThat(open.contentType()).startsWith("application/openmetrics-text");
    assertThat(body(open)).endsWith("# EOF\n");
  }

  @Test
  void whatHoldsSaysOk() {
    Page page = pages.readyz(false);

    assertThat(page.status()).isEqualTo(200);
    assertThat(body(page)).isEqualTo("ok");
  }

  @Test
  void verboseListsTheChecks() {
    assertThat(body(pages.readyz(true)))
        .isEqualTo("[+]ping ok\n[+]model ok\nreadyz check passed\n");
  }

  @Test
  void whatFailsIs503WithTheReason() {
    modelFault = Optional.of("loading\nweights " + "x".repeat(1000));

    Page page = pages.livez(false);

    assertThat(page.status()).isEqualTo(503);
    assertThat(body(page))
        .startsWith("[+]ping ok\n[-]model failed: loading weights xxx")
        .endsWith("\nlivez check failed\n")
        .hasSizeLessThan(300);
  }

  private SequencedMap<String, Check> checks() {
    SequencedMap<String, Check> checks = new LinkedHashMap<>();
    checks.put("ping", Optional::empty);
    checks.put("model", () -> modelFault);
    return checks;
  }

  private static String body(Page page) {
    return new String(page.body(), UTF_8);
  }
}
