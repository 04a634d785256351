package dev.inferscale.worker.backend.cpu;

/// e^x in float arithmetic that plain Java and the Vector API can both follow operation by
/// operation: x = n ln 2 + r, a polynomial in r, and n added to the exponent.
///
/// The split of ln 2 and the minimax coefficients are those of Cephes' `expf`.
final class Exponential {
  static final float LOWEST = -87f;
  static final float HIGHEST = 88f;
  static final float LOG2_E = 1.442695f;
  static final float LN2_HIGH = 0.6933594f;
  static final float LN2_LOW = -2.1219444e-4f;

  /// Adding it rounds to a whole number and leaves that number in the low bits.
  static final float ROUND = 0x1.8p23f;

  static final float C5 = 1.9875691e-4f;
  static final float C4 = 1.3981999e-3f;
  static final float C3 = 8.333452e-3f;
  static final float C2 = 4.1665796e-2f;
  static final float C1 = 1.6666666e-1f;
  static final float C0 = 0.5f;
  static final int ONE_BITS = 0x3f800000;

  private Exponential() {}

  static float of(float value) {
    float x = Math.min(Math.max(value, LOWEST), HIGHEST);
    float shifted = Math.fma(x, LOG2_E, ROUND);
    float n = shifted - ROUND;
    float r = Math.fma(n, -LN2_LOW, Math.fma(n, -LN2_HIGH, x));
    float p = Math.fma(C5, r, C4);
    p = Math.fma(p, r, C3);
    p = Math.fma(p, r, C2);
    p = Math.fma(p, r, C1);
    p = Math.fma(p, r, C0);
    p = Math.fma(p, r * r, r) + 1f;
    return p * Float.intBitsToFloat((Float.floatToRawIntBits(shifted) << 23) + ONE_BITS);
  }
}
