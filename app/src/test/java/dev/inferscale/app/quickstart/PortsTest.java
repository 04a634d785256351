package dev.inferscale.app.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class PortsTest {
  @Test
  void freePortsAreTakenAsWanted() throws IOException {
    Ports wanted = freePorts();

    assertThat(Ports.choose(wanted)).isEqualTo(wanted);
  }

  @Test
  void aBusyPortLeadsToAnotherAndLeavesTheRest() throws IOException {
    Ports free = freePorts();
    try (ServerSocket busy = open()) {
      Ports wanted =
          new Ports(busy.getLocalPort(), free.adapter(), free.firstWorker(), free.secondWorker());

      Ports chosen = Ports.choose(wanted);

      assertThat(chosen.observation()).isPositive().isNotEqualTo(busy.getLocalPort());
      assertThat(new Ports(0, chosen.adapter(), chosen.firstWorker(), chosen.secondWorker()))
          .isEqualTo(new Ports(0, free.adapter(), free.firstWorker(), free.secondWorker()));
    }
  }

  @Test
  void noPortIsGivenTwice() throws IOException {
    int same = freePorts().adapter();
    Ports chosen = Ports.choose(new Ports(same, same, same, same));

    assertThat(
            Set.of(
                chosen.observation(),
                chosen.adapter(),
                chosen.firstWorker(),
                chosen.secondWorker()))
        .contains(same);
  }

  /// Four different ones; held together, so that none is given twice.
  private static Ports freePorts() throws IOException {
    try (ServerSocket a = open();
        ServerSocket b = open();
        ServerSocket c = open();
        ServerSocket d = open()) {
      return new Ports(a.getLocalPort(), b.getLocalPort(), c.getLocalPort(), d.getLocalPort());
    }
  }

  private static ServerSocket open() throws IOException {
    return new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
  }
}
