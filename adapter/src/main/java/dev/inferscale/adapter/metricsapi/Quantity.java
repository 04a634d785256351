package dev.inferscale.adapter.metricsapi;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A number as Kubernetes writes it: `1500m`, `2Ki`, `12e6`. Text is canonical: no fraction, and
/// the largest suffix that leaves a whole mantissa.
///
/// @param value exact, at most nine decimal places
/// @param family which suffixes its text uses
public record Quantity(BigDecimal value, Family family) {

  /// Which suffixes a text uses.
  public enum Family {
    DECIMAL,
    BINARY,
    EXPONENT
  }

  /// Clients read milli units into a signed 64-bit integer without a check, so that a larger value
  /// wraps around; it is clamped instead.
  static final double MAX = 9.2e15;

  private static final int MAX_LENGTH = 64;
  private static final int MAX_EXPONENT = 64;
  private static final int NANO_PLACES = 9;
  private static final Pattern SHAPE =
      Pattern.compile(
          "([+-]?)([0-9]*)(?:\\.([0-9]*))?(|n|u|m|k|M|G|T|P|E|[KMGTPE]i|[eE][+-]?[0-9]{1,4})");
  private static final String[] SUFFIXES = {"n", "u", "m", "", "k", "M", "G", "T", "P", "E"};
  private static final String BINARY_PREFIXES = "KMGTPE";
  private static final BigDecimal BINARY_CAP = new BigDecimal(Long.MAX_VALUE);
  private static final BigInteger THOUSAND = BigInteger.valueOf(1_000);
  private static final BigInteger KIBI = BigInteger.valueOf(1_024);

  /// Writes a finite number, in milli units, half rounded up. What is not finite has no quantity:
  /// the caller must have dealt with it.
  public static String of(double number) {
    if (!Double.isFinite(number)) {
      throw new IllegalArgumentException("no quantity is " + number);
    }
    double clamped = Math.clamp(number, -MAX, MAX);
    long milli = Math.round(clamped * 1_000);
    if (milli == 0) {
      return "0";
    }
    if (milli % 1_000 != 0) {
      return milli + "m";
    }
    long mantissa = milli / 1_000;
    int suffix = 3;
    while (mantissa % 1_000 == 0) {
      mantissa /= 1_000;
      suffix++;
    }
    return mantissa + SUFFIXES[suffix];
  }

  /// Reads a quantity as Kubernetes does: what is finer than a nano is rounded away from zero, and
  /// a binary one is capped at the largest 64-bit integer. Empty where the text is none.
  public static Optional<Quantity> parse(String text) {
    Matcher shape = SHAPE.matcher(text);
    if (text.isEmpty() || text.length() > MAX_LENGTH || !shape.matches()) {
      return Optional.empty();
    }
    String fraction = shape.group(3) == null ? "" : shape.group(3);
    String digits = shape.group(2) + fraction;
    if (digits.isEmpty() && !shape.group(4).isEmpty()) {
      return Optional.empty();
    }
    BigInteger unscaled = digits.isEmpty() ? BigInteger.ZERO : new BigInteger(digits);
    BigDecimal magnitude = new BigDecimal(unscaled, fraction.length());
    BigDecimal signed = shape.group(1).equals("-") ? magnitude.negate() : magnitude;
    return scaled(signed, shape.group(4));
  }

  private static Optional<Quantity> scaled(BigDecimal number, String suffix) {
    if (suffix.length() > 1 && suffix.charAt(1) != 'i') {
      int exponent = Integer.parseInt(suffix.substring(1));
      return Math.abs(exponent) > MAX_EXPONENT
          ? Optional.empty()
          : Optional.of(new Quantity(toNano(number.scaleByPowerOfTen(exponent)), Family.EXPONENT));
    }
    if (suffix.endsWith("i")) {
      int power = BINARY_PREFIXES.indexOf(suffix.charAt(0)) + 1;
      BigDecimal value = toNano(number.multiply(new BigDecimal(KIBI.pow(power))));
      return Optional.of(
          new Quantity(value.min(BINARY_CAP).max(BINARY_CAP.negate()), Family.BINARY));
    }
    int power = 3 * (indexOf(suffix) - 3);
    return Optional.of(new Quantity(toNano(number.scaleByPowerOfTen(power)), Family.DECIMAL));
  }

  /// The value in milli units rounded up, as the HPA reads it.
  BigInteger milliCeiling() {
    return value.movePointRight(3).setScale(0, RoundingMode.CEILING).toBigIntegerExact();
  }

  @Override
  public String toString() {
    if (value.signum() == 0) {
      return "0";
    }
    boolean wholeKibi =
        value.abs().compareTo(new BigDecimal(KIBI)) >= 0 && value.stripTrailingZeros().scale() <= 0;
    return family == Family.BINARY && wholeKibi ? binaryText() : decimalText();
  }

  private String binaryText() {
    BigInteger mantissa = value.toBigIntegerExact();
    int power = 0;
    while (power < BINARY_PREFIXES.length() && isMultiple(mantissa, KIBI)) {
      mantissa = mantissa.divide(KIBI);
      power++;
    }
    return power == 0
        ? mantissa.toString()
        : mantissa + BINARY_PREFIXES.substring(power - 1, power) + "i";
  }

  private String decimalText() {
    BigInteger mantissa = value.movePointRight(NANO_PLACES).toBigIntegerExact();
    int suffix = 0;
    int largest = family == Family.EXPONENT ? Integer.MAX_VALUE : SUFFIXES.length - 1;
    while (suffix < largest && isMultiple(mantissa, THOUSAND)) {
      mantissa = mantissa.divide(THOUSAND);
      suffix++;
    }
    if (family != Family.EXPONENT) {
      return mantissa + SUFFIXES[suffix];
    }
    return suffix == 3 ? mantissa.toString() : mantissa + "e" + 3 * (suffix - 3);
  }

  private static BigDecimal toNano(BigDecimal number) {
    return number.scale() > NANO_PLACES ? number.setScale(NANO_PLACES, RoundingMode.UP) : number;
  }

  private static boolean isMultiple(BigInteger number, BigInteger of) {
    return number.mod(of).signum() == 0;
  }

  private static int indexOf(String suffix) {
    int index = 0;
    while (!SUFFIXES[index].equals(suffix)) {
      index++;
    }
    return index;
  }
}
