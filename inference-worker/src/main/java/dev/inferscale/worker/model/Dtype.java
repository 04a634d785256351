package dev.inferscale.worker.model;

/// Number formats of stored weights that can be computed with.
public enum Dtype {
  /// The upper half of a float.
  BF16(2),
  /// IEEE 754 binary16.
  F16(2),
  F32(4);

  private final int bytes;

  Dtype(int bytes) {
    this.bytes = bytes;
  }

  /// Bytes of one number.
  public int bytes() {
    return bytes;
  }
}
