package dev.inferscale.worker.telemetry;

import io.prometheus.metrics.core.datapoints.DistributionDataPoint;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;

/// The same latencies under the names of OpenTelemetry's semantic conventions, for dashboards that
/// know only those. Their buckets are too coarse to scale on: the worker's own histograms stay.
final class OtelTwins {
  private final PrometheusRegistry registry;
  private final String model;
  private final DistributionDataPoint duration;
  private final DistributionDataPoint timeToFirstToken;
  private final DistributionDataPoint timePerOutputToken;

  OtelTwins(PrometheusRegistry registry, String model) {
    this.registry = registry;
    this.model = model;
    duration =
        histogram("request_duration_seconds", "GenAI request duration.", Buckets.OTEL_DURATION);
    timeToFirstToken =
        histogram(
            "time_to_first_token_seconds",
            "GenAI time to first token.",
            Buckets.OTEL_TIME_TO_FIRST_TOKEN);
    timePerOutputToken =
        histogram(
            "time_per_output_token_seconds",
            "GenAI time per output token.",
            Buckets.OTEL_TIME_PER_OUTPUT_TOKEN);
  }

  void finished(double seconds) {
    duration.observe(seconds);
  }

  void firstToken(double seconds) {
    timeToFirstToken.observe(seconds);
  }

  void perOutputToken(double seconds) {
    timePerOutputToken.observe(seconds);
  }

  private DistributionDataPoint histogram(String name, String help, double[] bounds) {
    return Histogram.builder()
        .name("gen_ai_server_" + name)
        .help(help)
        .classicOnly()
        .classicUpperBounds(bounds)
        .labelNames(
            "gen_ai_operation_name",
            "gen_ai_provider_name",
            "gen_ai_request_model",
            "gen_ai_response_model")
        .register(registry)
        .labelValues("text_completion", "inference_worker", model, model);
  }
}
