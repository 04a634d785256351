package dev.inferscale.adapter.metricsapi.encoding;

import dev.inferscale.adapter.metricsapi.selector.SelectorDocument;
import dev.inferscale.adapter.wire.JsonPage;
import dev.inferscale.adapter.wire.Negotiation;
import dev.inferscale.adapter.wire.Negotiation.Form;
import dev.inferscale.adapter.wire.Page;
import dev.inferscale.signals.snapshot.Answer;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/// The answer to one read: a list of values of one metric, before it is written in any form.
///
/// @param metric its name
/// @param unit for people
/// @param selector the one that a custom metric was asked with, null where it was asked without
public record MetricValues(
    MetricsVersion version,
    String metric,
    String unit,
    @Nullable SelectorDocument selector,
    List<Item> items) {

  /// One value.
  ///
  /// @param labels of an external metric; of a custom one, what its table shows
  /// @param object that a custom metric describes, null for an external one
  /// @param taken when it was true, on the wall clock
  public record Item(
      SortedMap<String, String> labels,
      @Nullable ObjectReference object,
      Instant taken,
      Answer.Value value) {
    public Item {
      labels = Collections.unmodifiableSortedMap(labels);
      taken = taken.truncatedTo(ChronoUnit.SECONDS);
    }

    /// The window that the value was computed over in whole seconds, at least one; 0 for a level.
    long windowSeconds() {
      Duration window = value.window();
      return window == null ? 0 : Math.max(1, window.toSeconds());
    }

    String quantity() {
      return Quantity.of(value.number());
    }
  }

  /// An object as documents refer to it.
  ///
  /// @param namespace empty for one that lives in none
  /// @param apiVersion group and version; of the core group `/v1`, as Kubernetes' library writes it
  public record ObjectReference(String kind, String namespace, String name, String apiVersion) {}

  public MetricValues {
    items = List.copyOf(items);
  }

  /// The list in that form.
  ///
  /// @param indented for people, where the form can be
  public Page page(Form form, boolean indented) {
    return switch (form) {
      case PROTOBUF -> new Page(200, Negotiation.PROTOBUF_TYPE, ValuesProtobuf.bytes(this));
      case TABLE_V1 -> ValuesTable.page(this, "meta.k8s.io/v1", indented);
      case TABLE_V1BETA1 -> ValuesTable.page(this, "meta.k8s.io/v1beta1", indented);
      case JSON, AGGREGATED_DISCOVERY ->
          JsonPage.of(200, indented, json -> ValuesJson.write(json, this));
    };
  }
}
