package dev.inferscale.e2e.bed;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;

/// Test equipment: what the cluster's DNS is to a headless Service. It knows one name, by UDP, and
/// of that its IPv4 addresses (RFC 1035).
final class NameServer implements AutoCloseable {
  private static final int HEADER = 12;
  private static final short TYPE_A = 1;
  private static final short CLASS_IN = 1;

  /// QR, AA and RA set, no error.
  private static final short ANSWER = (short) 0x8480;

  private static final short UNKNOWN_NAME = (short) 0x8483;
  private static final short POINTER_TO_THE_QUESTION = (short) (0xc000 | HEADER);

  private final DatagramSocket door;
  private final String name;
  private volatile List<InetAddress> addresses = List.of();

  /// @param name such as `scaler.test`
  NameServer(String name) throws IOException {
    this.name = name;
    this.door = new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    Thread.ofPlatform().daemon().name("name-server").start(this::serve);
  }

  int port() {
    return door.getLocalPort();
  }

  /// From now on the name stands for these.
  void says(List<InetAddress> now) {
    addresses = List.copyOf(now);
  }

  private void serve() {
    byte[] buffer = new byte[512];
    try {
      while (true) {
        DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
        door.receive(packet);
        ByteBuffer answer = answer(ByteBuffer.wrap(buffer, 0, packet.getLength()));
        door.send(new DatagramPacket(answer.array(), answer.position(), packet.getSocketAddress()));
      }
    } catch (SocketException _) {
      // Closed.
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private ByteBuffer answer(ByteBuffer query) {
    short id = query.getShort(0);
    query.position(HEADER);
    StringBuilder asked = new StringBuilder();
    for (int length = query.get(); length > 0; length = query.get()) {
      byte[] label = new byte[length];
      query.get(label);
      asked.append(asked.isEmpty() ? "" : ".").append(new String(label, US_ASCII));
    }
    short type = query.getShort();
    int end = query.position() + Short.BYTES;
    boolean known = asked.toString().toLowerCase(Locale.ROOT).equals(name);
    List<InetAddress> found = known && type == TYPE_A ? addresses : List.of();
    ByteBuffer answer = ByteBuffer.allocate(512);
    answer.putShort(id).putShort(known ? ANSWER : UNKNOWN_NAME);
    answer
        .putShort((short) 1)
        .putShort((short) found.size())
        .putShort((short) 0)
        .putShort((short) 0);
    answer.put(query.slice(HEADER, end - HEADER));
    for (InetAddress address : found) {
      answer.putShort(POINTER_TO_THE_QUESTION).putShort(TYPE_A).putShort(CLASS_IN);
      answer.putInt(1).putShort((short) 4).put(address.getAddress());
    }
    return answer;
  }

  @Override
  public void close() {
    door.close();
  }
}
