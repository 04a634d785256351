package dev.inferscale.adapter.metricsapi.selector;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/// A selector as the `LabelSelector` object of `meta.k8s.io/v1`, in which custom metrics repeat the
/// selector that they were asked with.
///
/// @param matchLabels keys that must have one value
/// @param matchExpressions everything else, by key
public record SelectorDocument(
    SortedMap<String, String> matchLabels, List<Expression> matchExpressions) {

  /// One expression.
  ///
  /// @param operator `In`, `NotIn`, `Exists` or `DoesNotExist`
  /// @param values none for the last two
  public record Expression(String key, String operator, List<String> values) {
    public Expression {
      values = List.copyOf(values);
    }
  }

  public SelectorDocument {
    matchLabels = Collections.unmodifiableSortedMap(matchLabels);
    matchExpressions = List.copyOf(matchExpressions);
  }

  /// The document of a selector. A second value for one key becomes an expression, so that nothing
  /// is lost.
  ///
  /// @throws BadSelector where it compares with `>` or `<`, which the object has no word for
  public static SelectorDocument of(LabelSelector selector) throws BadSelector {
    SortedMap<String, String> labels = new TreeMap<>();
    List<Expression> expressions = new ArrayList<>();
    for (Requirement each : selector.requirements()) {
      if (each.isEquality() && !labels.containsKey(each.key())) {
        labels.put(each.key(), each.values().getFirst());
      } else {
        expressions.add(new Expression(each.key(), operator(each), List.copyOf(each.values())));
      }
    }
    return new SelectorDocument(labels, expressions);
  }

  private static String operator(Requirement requirement) throws BadSelector {
    return switch (requirement.operator()) {
      case EQUALS, DOUBLE_EQUALS, IN -> "In";
      case NOT_EQUALS, NOT_IN -> "NotIn";
      case EXISTS -> "Exists";
      case ABSENT -> "DoesNotExist";
      case GREATER, LESS ->
          throw new BadSelector(
              "metricLabelSelector takes no '>' or '<'; compare '"
                  + requirement.key()
                  + "' with =, !=, in or notin");
    };
  }
}
