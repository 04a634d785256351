package dev.inferscale.worker.telemetry;

/// Upper bounds of the histograms, in seconds or tokens. They are part of the metrics' contract:
/// pools merge the buckets of their pods.
final class Buckets {
  static final double[] QUEUE_WAIT = {
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300
  };
  static final double[] TIME_TO_FIRST_TOKEN = {
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 7.5, 10, 20,
    40, 80
  };
  static final double[] TOKEN_GAP = {
    0.001, 0.0025, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.025, 0.03, 0.04, 0.05, 0.075, 0.1, 0.15, 0.2,
    0.3, 0.5, 1, 2.5
  };
  static final double[] DURATION = {
    0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 7.5, 10, 15, 20, 30, 45, 60, 120, 300, 600
  };
  static final double[] TOKENS = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000};

  // Advised by OpenTelemetry's semantic conventions for generative AI.
  static final double[] OTEL_DURATION = {
    0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92
  };
  static final double[] OTEL_TIME_TO_FIRST_TOKEN = {
    0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10
  };
  static final double[] OTEL_TIME_PER_OUTPUT_TOKEN = {
    0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5
  };

  private Buckets() {}
}
