package dev.inferscale.adapter.metricsapi.encoding;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// The metrics APIs that are served. Within a group the preferred version comes first.
public enum MetricsVersion {
  EXTERNAL_V1BETA1("external.metrics.k8s.io", "v1beta1", "ExternalMetricValue"),
  CUSTOM_V1BETA2("custom.metrics.k8s.io", "v1beta2", "MetricValue"),
  CUSTOM_V1BETA1("custom.metrics.k8s.io", "v1beta1", "MetricValue");

  private final String group;
  private final String version;
  private final String itemKind;

  MetricsVersion(String group, String version, String itemKind) {
    this.group = group;
    this.version = version;
    this.itemKind = itemKind;
  }

  /// The version of that group and name.
  public static Optional<MetricsVersion> of(String group, String version) {
    return in(group).stream().filter(each -> each.version.equals(version)).findFirst();
  }

  /// The versions of a group, the preferred one first; none where the group is not served.
  public static List<MetricsVersion> in(String group) {
    return Arrays.stream(values()).filter(each -> each.group.equals(group)).toList();
  }

  /// The groups, each once.
  public static List<String> groups() {
    return Arrays.stream(values()).map(MetricsVersion::group).distinct().toList();
  }

  public String group() {
    return group;
  }

  public String version() {
    return version;
  }

  /// As `apiVersion` has it.
  public String groupVersion() {
    return group + "/" + version;
  }

  public String itemKind() {
    return itemKind;
  }

  public String listKind() {
    return itemKind + "List";
  }

  /// Whether its metrics describe objects of the cluster.
  public boolean isCustom() {
    return this != EXTERNAL_V1BETA1;
  }
}
