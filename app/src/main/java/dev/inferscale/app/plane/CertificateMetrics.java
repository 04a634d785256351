package dev.inferscale.app.plane;

import dev.inferscale.adapter.certificate.ServingCertificate;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.time.Instant;
import java.util.Optional;

/// When the plane's certificates end, and whether new ones wait that cannot be used.
final class CertificateMetrics implements MultiCollector {
  private final ServingCertificate adapter;
  private final Optional<KedaListener.Tls> keda;

  /// @param adapter what the metrics APIs show
  /// @param keda what KEDA's external scaler shows and trusts, where it speaks TLS
  CertificateMetrics(ServingCertificate adapter, Optional<KedaListener.Tls> keda) {
    this.adapter = adapter;
    this.keda = keda;
  }

  @Override
  public MetricSnapshots collect() {
    MetricSnapshots.Builder metrics =
        MetricSnapshots.builder()
            .metricSnapshot(
                ends(
                    "inferscale_serving_certificate_expires_timestamp_seconds",
                    "When the certificate ends that handshakes use now.",
                    adapter.expires()));
    keda.ifPresent(tls ->
        metrics
            .metricSnapshot(
                ends(
                    "inferscale_keda_certificate_expires_timestamp_seconds",
                    "When the certificate ends that KEDA's next handshake gets.",
                    tls.certificate().expires()))
            .metricSnapshot(
                ends(
                    "inferscale_keda_client_ca_expires_timestamp_seconds",
                    "When the first of the authorities ends that sign KEDA's client certificates.",
                    tls.authorities().expires())));
    return metrics.metricSnapshot(unusable()).build();
  }

  private GaugeSnapshot unusable() {
    return GaugeSnapshot.builder()
        .name("inferscale_certificate_files_unusable")
        .help(
            "1 while files hold what cannot be used, and what they held before is; the log says why.")
        .dataPoint(flag("adapter.certificate", adapter.fault()))
        .dataPoint(flag("keda.certificate", keda.flatMap(tls -> tls.certificate().fault())))
        .dataPoint(flag("keda.clientCa", keda.flatMap(tls -> tls.authorities().fault())))
        .build();
  }

  private static GaugeSnapshot.GaugeDataPointSnapshot flag(String key, Optional<String> fault) {
    return point(Labels.of("key", key), fault.isPresent() ? 1 : 0);
  }

  private static GaugeSnapshot ends(String name, String help, Instant end) {
    return GaugeSnapshot.builder()
        .name(name)
        .help(help)
        .dataPoint(point(Labels.EMPTY, (double) end.getEpochSecond()))
        .build();
  }

  private static GaugeSnapshot.GaugeDataPointSnapshot point(Labels labels, double value) {
    return GaugeSnapshot.GaugeDataPointSnapshot.builder().labels(labels).value(value).build();
  }
}
