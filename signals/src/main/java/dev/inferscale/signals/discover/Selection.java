package dev.inferscale.signals.discover;

import dev.inferscale.signals.pool.ModelPool.Expression;
import dev.inferscale.signals.pool.ModelPool.PodSelector;
import java.util.Map;

/// Kubernetes' rule of which labels a selector matches.
final class Selection {
  private Selection() {}

  static boolean matches(PodSelector selector, Map<String, String> labels) {
    for (Map.Entry<String, String> wanted : selector.matchLabels().entrySet()) {
      if (!wanted.getValue().equals(labels.get(wanted.getKey()))) {
        return false;
      }
    }
    return selector.matchExpressions().stream().allMatch(part -> matches(part, labels));
  }

  /// `NotIn` also matches where the label is missing.
  private static boolean matches(Expression part, Map<String, String> labels) {
    String value = labels.get(part.key());
    return switch (part.operator()) {
      case IN -> value != null && part.values().contains(value);
      case NOT_IN -> value == null || !part.values().contains(value);
      case EXISTS -> value != null;
      case DOES_NOT_EXIST -> value == null;
    };
  }
}
