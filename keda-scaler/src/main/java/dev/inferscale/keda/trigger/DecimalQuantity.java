package dev.inferscale.keda.trigger;

import java.math.BigDecimal;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Numbers as Kubernetes users write them (`resource.Quantity`): `8000`, `0.5`, `500m`, `8k`,
/// `60Gi`, `1e3`.
final class DecimalQuantity {
  private static final Pattern SHAPE =
      Pattern.compile(
          "([+-]?(?:[0-9]{1,18}(?:\\.[0-9]{0,18})?|\\.[0-9]{1,18}))"
              + "(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][+-]?[0-9]{1,2})?");

  private static final Map<String, BigDecimal> SUFFIXES =
      Map.ofEntries(
          Map.entry("n", BigDecimal.ONE.movePointLeft(9)),
          Map.entry("u", BigDecimal.ONE.movePointLeft(6)),
          Map.entry("m", BigDecimal.ONE.movePointLeft(3)),
          Map.entry("k", BigDecimal.ONE.movePointRight(3)),
          Map.entry("M", BigDecimal.ONE.movePointRight(6)),
          Map.entry("G", BigDecimal.ONE.movePointRight(9)),
          Map.entry("T", BigDecimal.ONE.movePointRight(12)),
          Map.entry("P", BigDecimal.ONE.movePointRight(15)),
          Map.entry("E", BigDecimal.ONE.movePointRight(18)),
          Map.entry("Ki", power(1)),
          Map.entry("Mi", power(2)),
          Map.entry("Gi", power(3)),
          Map.entry("Ti", power(4)),
          Map.entry("Pi", power(5)),
          Map.entry("Ei", power(6)));

  /// Beyond it a Kubernetes quantity in thousandths overflows.
  private static final BigDecimal MOST = new BigDecimal("9.2e15");

  private DecimalQuantity() {}

  private static BigDecimal power(int of1024) {
    return new BigDecimal(1024).pow(of1024);
  }

  /// The number, to the nearest double; empty where the text is no quantity or beyond 9.2e15.
  static OptionalDouble parse(String text) {
    Matcher shape = SHAPE.matcher(text);
    if (!shape.matches()) {
      return OptionalDouble.empty();
    }
    BigDecimal number = new BigDecimal(shape.group(1));
    String suffix = shape.group(2);
    if (suffix != null) {
      BigDecimal factor = SUFFIXES.get(suffix);
      number =
          factor == null
              ? number.scaleByPowerOfTen(Integer.parseInt(suffix.substring(1)))
              : number.multiply(factor);
    }
    return number.abs().compareTo(MOST) > 0
        ? OptionalDouble.empty()
        : OptionalDouble.of(number.doubleValue());
  }
}
