package dev.inferscale.adapter;

import dev.inferscale.adapter.metricsapi.MetricsApi;
import dev.inferscale.adapter.metricsapi.encoding.MetricsVersion;
import dev.inferscale.adapter.tally.Distribution;
import dev.inferscale.adapter.tally.Histogram;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/// How old the values were that were served: what an autoscaler acts on is never younger.
final class Freshness implements MetricsApi.Served {
  /// From a fold's pause to what no pool may serve.
  private static final double[] SECONDS = {
    0.1, 0.25, 0.5, 1, 1.5, 2, 3, 5, 7.5, 10, 15, 20, 30, 60, 120, 300
  };

  private final Histogram external = new Histogram(SECONDS);
  private final Histogram custom = new Histogram(SECONDS);

  @Override
  public void value(MetricsVersion version, Duration age) {
    (version.isCustom() ? custom : external).add(age.toNanos() / 1e9);
  }

  Map<String, Distribution> now() {
    Map<String, Distribution> groups = new LinkedHashMap<>();
    groups.put(MetricsVersion.EXTERNAL_V1BETA1.group(), external.now());
    groups.put(MetricsVersion.CUSTOM_V1BETA2.group(), custom.now());
    return groups;
  }
}
