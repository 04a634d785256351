package dev.inferscale.worker.telemetry;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// Requests, tokens and cost by tenant. The first tenants that finish a request get series of their
/// own, up to the limit; all others are counted as `other`, so that callers cannot grow the page.
///
/// Written by the engine thread only.
final class TenantMetrics {
  static final String UNKNOWN = "unknown";
  private static final String OTHER = "other";
  private static final double SECONDS_PER_HOUR = 3600;

  private final Identity identity;
  private final Set<String> named = ConcurrentHashMap.newKeySet();
  private final Counter tokens;
  private final Counter requests;
  private final Optional<Counter> cost;

  TenantMetrics(PrometheusRegistry registry, Identity identity) {
    this.identity = identity;
    tokens =
        Counter.builder()
            .name("inference_worker_tenant_tokens")
            .help("Tokens of finished requests by tenant and kind.")
            .labelNames("model", "tenant", "kind")
            .register(registry);
    requests =
        Counter.builder()
            .name("inference_worker_tenant_requests")
            .help("Finished requests by tenant.")
            .labelNames("model", "tenant")
            .register(registry);
    cost = identity.usdPerHour() > 0 ? Optional.of(costCounter(registry)) : Optional.empty();
    add(UNKNOWN, 0, 0, 0, 0);
  }

  void finished(Finished request) {
    add(
        seriesFor(request.tenant()),
        1,
        request.promptTokens(),
        request.generatedTokens(),
        request.busySeconds() / SECONDS_PER_HOUR * identity.usdPerHour());
  }

  private void add(String tenant, int count, int prompt, int generated, double usd) {
    requests.labelValues(identity.model(), tenant).inc(count);
    tokens.labelValues(identity.model(), tenant, "prompt").inc(prompt);
    tokens.labelValues(identity.model(), tenant, "generation").inc(generated);
    cost.ifPresent(counter -> counter.labelValues(identity.model(), tenant).inc(usd));
  }

  private String seriesFor(String tenant) {
    if (tenant.equals(UNKNOWN) || named.contains(tenant)) {
      return tenant;
    }
    return named.size() < identity.maxTenants() && named.add(tenant) ? tenant : OTHER;
  }

  private static Counter costCounter(PrometheusRegistry registry) {
    return Counter.builder()
        .name("inference_worker_cost_usd")
        .help("Estimated cost by tenant.")
        .labelNames("model", "tenant")
        .register(registry);
  }
}
