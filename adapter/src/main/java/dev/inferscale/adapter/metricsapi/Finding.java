package dev.inferscale.adapter.metricsapi;

import dev.inferscale.adapter.metricsapi.encoding.MetricValues;
import dev.inferscale.adapter.wire.Negotiation.Form;
import dev.inferscale.adapter.wire.Page;

/// What comes of one read, before it is written: values, or why there are none.
sealed interface Finding {

  /// At least one value: an empty list says nothing, and a reader cannot tell it from zero.
  record Found(MetricValues values) implements Finding {}

  /// No value.
  ///
  /// @param message for whoever asked, one line
  record Refusal(Status status, String message) implements Finding {}

  /// The answer in that form.
  default Page page(Form form, boolean indented) {
    return switch (this) {
      case Found(MetricValues values) -> values.page(form, indented);
      case Refusal(Status status, String message) -> status.page(message, form, indented);
    };
  }
}
