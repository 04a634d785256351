package dev.inferscale.keda;

import static dev.inferscale.keda.KedaClient.ref;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.inferscale.keda.KedaClient.Heard;
import io.grpc.ManagedChannel;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// KEDA sets no keepalive: what keeps a quiet stream alive, and finds out that nobody is there any
/// more, is the server's.
final class MiddleboxTest {
  private LivePools pools;
  private ScalerServer server;

  @BeforeEach
  void start() throws Exception {
    pools = new LivePools();
    pools.empty("asleep");
    server =
        pools.scaler(
            KedaConfig.defaults().onPorts(0, 0),
            // gRPC looks every ten seconds at most.
            new ScalerServer.Keepalive(Duration.ofSeconds(10), Duration.ofSeconds(2)),
            snapshot -> {});
  }

  @AfterEach
  void stop() {
    server.close();
    pools.close();
  }

  @Test
  void aQuietStreamOutlivesABoxThatForgetsQuietConnections() throws Exception {
    try (Middlebox box = new Middlebox(server.port(), Duration.ofSeconds(15))) {
      ManagedChannel channel = KedaClient.channel(box.port());
      Heard heard = KedaClient.stream(channel, ref("asleep"));
      await().until(() -> server.statistics().streams() == 1);
      int opened = box.passed();

      // A look of the server's is a message each way: two of them are later than the box remembers.
      await().atMost(60, TimeUnit.SECONDS).until(() -> box.passed() >= opened + 4);
      pools.tell("asleep", 3);

      await().untilAsserted(() -> assertThat(heard.words).containsExactly(true));
      assertThat(heard.end).isEmpty();
      channel.shutdownNow();
    }
  }

  @Test
  void aPeerThatVanishedWithoutAWordIsFoundOutAndItsStreamsFreed() throws Exception {
    try (Middlebox box = new Middlebox(server.port(), Duration.ofMinutes(1))) {
      ManagedChannel channel = KedaClient.channel(box.port());
      Heard _ = KedaClient.stream(channel, ref("asleep"));
      await().until(() -> server.statistics().streams() == 1);

      box.breaks();

      await().atMost(60, TimeUnit.SECONDS).until(() -> server.statistics().streams() == 0);
      channel.shutdownNow();
    }
  }
}
