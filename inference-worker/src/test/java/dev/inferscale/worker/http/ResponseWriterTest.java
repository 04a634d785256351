package dev.inferscale.worker.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.undertow.Undertow;
import io.undertow.server.HttpServerExchange;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ResponseWriterTest {
  private static final int CHUNK_BYTES = 1 << 20;
  private static final int MORE_THAN_ANY_SOCKET_HOLDS = 500;

  private final CompletableFuture<Integer> taken = new CompletableFuture<>();
  private final Undertow server =
      Undertow.builder()
          .addHttpListener(0, InetAddress.getLoopbackAddress().getHostAddress())
          .setHandler(
              exchange -> exchange.dispatch(Thread::startVirtualThread, () -> fill(exchange)))
          .build();

  @AfterEach
  void stop() {
    server.stop();
  }

  @Test
  void aClientThatDoesNotReadIsGivenUp() throws Exception {
    server.start();
    int port = ((InetSocketAddress) server.getListenerInfo().getFirst().getAddress()).getPort();
    try (Socket client = new Socket(InetAddress.getLoopbackAddress(), port)) {
      client.getOutputStream().write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(UTF_8));

      assertThat(taken.get(30, TimeUnit.SECONDS)).isLessThan(MORE_THAN_ANY_SOCKET_HOLDS);
      assertThat(bytesUntilClosed(client.getInputStream())).isPositive();
    }
  }

  private void fill(HttpServerExchange exchange) {
    ResponseWriter writer = new ResponseWriter(exchange, Duration.ofMillis(300));
    writer.start(200, "text/plain", -1);
    try {
      int chunks = 0;
      while (chunks < MORE_THAN_ANY_SOCKET_HOLDS && writer.write(new byte[CHUNK_BYTES])) {
        chunks++;
      }
      writer.end();
      taken.complete(chunks);
    } catch (InterruptedException e) {
      taken.completeExceptionally(e);
    }
  }

  private static long bytesUntilClosed(InputStream in) {
    long bytes = 0;
    byte[] buffer = new byte[CHUNK_BYTES];
    try {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        bytes += n;
      }
    } catch (IOException reset) {
      return bytes;
    }
    return bytes;
  }
}
