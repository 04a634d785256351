package dev.inferscale.adapter.metricsapi.encoding;

import dev.inferscale.adapter.metricsapi.encoding.MetricValues.Item;
import dev.inferscale.adapter.metricsapi.encoding.MetricValues.ObjectReference;
import dev.inferscale.adapter.metricsapi.selector.SelectorDocument;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Lists of values as protobuf. Field numbers are those of Kubernetes' published `.proto` files;
/// what Go's code writes is matched byte for byte.
final class ValuesProtobuf {
  private ValuesProtobuf() {}

  static byte[] bytes(MetricValues values) {
    ProtobufMessage list = new ProtobufMessage().message(1, ProtobufMessage.listMeta());
    for (Item item : values.items()) {
      list.message(
          2,
          switch (values.version()) {
            case EXTERNAL_V1BETA1 -> external(values, item);
            case CUSTOM_V1BETA1 -> customBeta1(values, item);
            case CUSTOM_V1BETA2 -> customBeta2(values, item);
          });
    }
    return ProtobufMessage.body(values.version().groupVersion(), values.version().listKind(), list);
  }

  private static ProtobufMessage external(MetricValues values, Item item) {
    ProtobufMessage message = new ProtobufMessage().text(1, values.metric());
    labels(message, 2, item.labels());
    return measured(message, item);
  }

  private static ProtobufMessage customBeta1(MetricValues values, Item item) {
    ProtobufMessage message =
        new ProtobufMessage().message(1, object(item.object())).text(2, values.metric());
    return selector(measured(message, item), 6, values.selector());
  }

  private static ProtobufMessage customBeta2(MetricValues values, Item item) {
    ProtobufMessage identifier = new ProtobufMessage().text(1, values.metric());
    ProtobufMessage message =
        new ProtobufMessage()
            .message(1, object(item.object()))
            .message(2, selector(identifier, 2, values.selector()));
    return measured(message, item);
  }

  /// Fields 3 to 5 are the same in all three.
  private static ProtobufMessage measured(ProtobufMessage message, Item item) {
    message.message(3, new ProtobufMessage().number(1, item.taken().getEpochSecond()).number(2, 0));
    if (item.windowSeconds() > 0) {
      message.number(4, item.windowSeconds());
    }
    return message.message(5, new ProtobufMessage().text(1, item.quantity()));
  }

  private static ProtobufMessage object(@Nullable ObjectReference object) {
    ObjectReference known = object == null ? new ObjectReference("", "", "", "") : object;
    return new ProtobufMessage()
        .text(1, known.kind())
        .text(2, known.namespace())
        .text(3, known.name())
        .text(4, "")
        .text(5, known.apiVersion())
        .text(6, "")
        .text(7, "");
  }

  private static ProtobufMessage selector(
      ProtobufMessage message, int field, @Nullable SelectorDocument selector) {
    if (selector == null) {
      return message;
    }
    ProtobufMessage document = new ProtobufMessage();
    labels(document, 1, selector.matchLabels());
    for (SelectorDocument.Expression expression : selector.matchExpressions()) {
      ProtobufMessage inner =
          new ProtobufMessage().text(1, expression.key()).text(2, expression.operator());
      expression.values().forEach(value -> inner.text(3, value));
      document.message(2, inner);
    }
    return message.message(field, document);
  }

  private static void labels(ProtobufMessage message, int field, Map<String, String> sorted) {
    sorted.forEach(
        (key, value) -> message.message(field, new ProtobufMessage().text(1, key).text(2, value)));
  }
}
