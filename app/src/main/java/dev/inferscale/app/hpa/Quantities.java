package dev.inferscale.app.hpa;

import java.math.BigDecimal;

/// Thousandths as people read them.
final class Quantities {
  private Quantities() {}

  /// `8400`, `1.5`, `0.25`: never a suffix.
  static String plain(double milli) {
    return new BigDecimal(Math.round(milli)).movePointLeft(3).stripTrailingZeros().toPlainString();
  }
}
