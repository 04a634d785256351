package dev.inferscale.worker.http;

import java.net.InetAddress;

/// A range of IP addresses in CIDR notation: `10.0.0.0/8`, `fd00::/8`, `127.0.0.1`.
///
/// @param network an address of the range
/// @param prefixBits how many leading bits an address must share with it
public record AddressRange(InetAddress network, int prefixBits) {

  public AddressRange {
    int bits = network.getAddress().length * Byte.SIZE;
    if (prefixBits < 0 || prefixBits > bits) {
      throw new IllegalArgumentException(
          "the prefix must be 0 to " + bits + " but is " + prefixBits);
    }
  }

  /// Reads a range; a host name is refused, since it would be looked up.
  public static AddressRange parse(String text) {
    int slash = text.indexOf('/');
    try {
      InetAddress network = InetAddress.ofLiteral(slash < 0 ? text : text.substring(0, slash));
      int bits = network.getAddress().length * Byte.SIZE;
      return new AddressRange(
          network, slash < 0 ? bits : Integer.parseInt(text.substring(slash + 1)));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "must be an address or a range such as 10.0.0.0/8 but is '" + text + "'", e);
    }
  }

  boolean contains(InetAddress address) {
    byte[] ours = network.getAddress();
    byte[] theirs = address.getAddress();
    if (ours.length != theirs.length) {
      return false;
    }
    for (int bit = 0; bit < prefixBits; bit++) {
      int mask = 0x80 >> (bit % Byte.SIZE);
      if (((ours[bit / Byte.SIZE] ^ theirs[bit / Byte.SIZE]) & mask) != 0) {
        return false;
      }
    }
    return true;
  }
}
