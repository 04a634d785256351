package dev.inferscale.adapter.metricsapi.selector;

import java.util.SortedSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// One condition on one label.
///
/// @param values empty for `EXISTS` and `ABSENT`, one for the comparisons, one or more for the sets
public record Requirement(String key, Operator operator, SortedSet<String> values) {

  /// How the values are compared.
  public enum Operator {
    EXISTS(""),
    ABSENT("!"),
    EQUALS("="),
    DOUBLE_EQUALS("=="),
    NOT_EQUALS("!="),
    IN(" in "),
    NOT_IN(" notin "),
    GREATER(">"),
    LESS("<");

    private final String symbol;

    Operator(String symbol) {
      this.symbol = symbol;
    }
  }

  /// `!=` and `notin` also hold where the label is absent, as in Kubernetes.
  boolean matches(Function<String, @Nullable String> labels) {
    String value = labels.apply(key);
    return switch (operator) {
      case EXISTS -> value != null;
      case ABSENT -> value == null;
      case EQUALS, DOUBLE_EQUALS, IN -> value != null && values.contains(value);
      case NOT_EQUALS, NOT_IN -> value == null || !values.contains(value);
      case GREATER -> value != null && isInteger(value) && compareToOperand(value) > 0;
      case LESS -> value != null && isInteger(value) && compareToOperand(value) < 0;
    };
  }

  /// True for the one form that stands for a single value.
  public boolean isEquality() {
    return operator == Operator.EQUALS || operator == Operator.DOUBLE_EQUALS;
  }

  /// True for decimal text that fits a `long`, the only operand of `>` and `<`.
  static boolean isInteger(String text) {
    try {
      Long.parseLong(text);
      return true;
    } catch (NumberFormatException notANumber) {
      return false;
    }
  }

  private int compareToOperand(String value) {
    return Long.compare(Long.parseLong(value), Long.parseLong(values.getFirst()));
  }

  @Override
  public String toString() {
    return switch (operator) {
      case EXISTS -> key;
      case ABSENT -> operator.symbol + key;
      case IN, NOT_IN -> key + operator.symbol + "(" + String.join(",", values) + ")";
      default -> key + operator.symbol + values.getFirst();
    };
  }
}
