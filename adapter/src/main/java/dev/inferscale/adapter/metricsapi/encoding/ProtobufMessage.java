package dev.inferscale.adapter.metricsapi.encoding;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;

/// One protobuf message while it is written, field by field in ascending order. Empty strings are
/// written too: Go's generated code does so for fields that are not optional.
public final class ProtobufMessage {
  /// `k8s` and a zero byte, with which every body begins.
  private static final byte[] MAGIC = {'k', '8', 's', 0};

  private static final int VARINT = 0;
  private static final int BYTES = 2;

  private byte[] bytes = new byte[64];
  private int length;

  /// A whole body: the magic number and `runtime.Unknown`, which names the kind and holds the
  /// object.
  public static byte[] body(String apiVersion, String kind, ProtobufMessage object) {
    ProtobufMessage type = new ProtobufMessage().text(1, apiVersion).text(2, kind);
    ProtobufMessage unknown = new ProtobufMessage();
    unknown.append(MAGIC, MAGIC.length);
    unknown.message(1, type).message(2, object).text(3, "").text(4, "");
    return Arrays.copyOf(unknown.bytes, unknown.length);
  }

  /// `ListMeta` without anything in it.
  public static ProtobufMessage listMeta() {
    return new ProtobufMessage().text(1, "").text(2, "").text(3, "");
  }

  /// An integer of at most 64 bits.
  public ProtobufMessage number(int field, long value) {
    tag(field, VARINT);
    varint(value);
    return this;
  }

  /// A string.
  public ProtobufMessage text(int field, String value) {
    byte[] encoded = value.getBytes(UTF_8);
    return delimited(field, encoded, encoded.length);
  }

  /// A message inside this one.
  public ProtobufMessage message(int field, ProtobufMessage inner) {
    return delimited(field, inner.bytes, inner.length);
  }

  private ProtobufMessage delimited(int field, byte[] content, int size) {
    tag(field, BYTES);
    varint(size);
    append(content, size);
    return this;
  }

  private void tag(int field, int wireType) {
    varint(((long) field << 3) | wireType);
  }

  private void varint(long value) {
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      append((byte) ((rest & 0x7F) | 0x80));
      rest >>>= 7;
    }
    append((byte) rest);
  }

  private void append(byte value) {
    reserve(1);
    bytes[length++] = value;
  }

  private void append(byte[] content, int size) {
    reserve(size);
    System.arraycopy(content, 0, bytes, length, size);
    length += size;
  }

  private void reserve(int more) {
    if (bytes.length - length < more) {
      bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, length + more));
    }
  }
}
