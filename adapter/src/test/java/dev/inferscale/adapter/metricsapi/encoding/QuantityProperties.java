package dev.inferscale.adapter.metricsapi.encoding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import java.math.BigDecimal;
import java.math.BigInteger;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.StringLength;

class QuantityProperties {

  @Property
  void whatIsWrittenIsReadBackWithinHalfAMilli(
      @ForAll @DoubleRange(min = -1e9, max = 1e9) double number) {
    BigDecimal read = Quantity.parse(Quantity.of(number)).orElseThrow().value();

    assertThat(read.doubleValue()).isCloseTo(number, offset(0.000_500_1));
  }

  @Property
  void wholeMillisAreExact(@ForAll @LongRange(min = 0, max = 1L << 45) long milli) {
    Quantity read = Quantity.parse(Quantity.of(milli / 1_000.0)).orElseThrow();

    assertThat(read.milliCeiling()).isEqualTo(BigInteger.valueOf(milli));
  }

  @Property
  void canonicalTextIsItsOwnCanonicalText(@ForAll @DoubleRange(min = -1e16, max = 1e16) double n) {
    String text = Quantity.of(n);

    assertThat(Quantity.parse(text)).map(Quantity::toString).hasValue(text);
  }

  @Property
  void anyTextIsReadOrRefused(@ForAll @StringLength(max = 80) String text) {
    Quantity.parse(text).ifPresent(read -> assertThat(Quantity.parse(read.toString())).isPresent());
  }
}
