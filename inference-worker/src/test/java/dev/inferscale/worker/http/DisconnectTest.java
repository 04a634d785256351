package dev.inferscale.worker.http;

import static dev.inferscale.worker.http.ServerUnderTest.LIMIT;
import static dev.inferscale.worker.http.ServerUnderTest.wire;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DisconnectTest {
  private static final String LONG =
      "{'prompt':'Hi','temperature':0,'max_tokens':2000,'ignore_eos':true,'stream':%s}";
  private static final String SHORT = "{'prompt':'Hi','temperature':0,'max_tokens':3}";
  private static final String CANCELLED =
      "inference_worker_requests_total{model=\"demo\",outcome=\"cancelled\"";

  private final ServerUnderTest server = new ServerUnderTest();

  @AfterEach
  void stop() {
    server.close();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aClientThatClosesIsCancelled(boolean stream) throws Exception {
    server.backend.gate();
    List<Socket> clients = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      Socket client = server.connect();
      client.getOutputStream().write(wire(LONG.formatted(stream)));
      clients.add(client);
    }
    await().atMost(LIMIT).until(() -> stepsUntilRunning(8));
    server.awaitMetric("inference_worker_requests_waiting{", "2.0");

    for (Socket client : clients) {
      client.close();
    }

    await().atMost(LIMIT).until(() -> stepsUntilRunning(0));
    server.awaitMetric(CANCELLED, "10.0");
    server.awaitMetric("inference_worker_requests_running{", "0.0");
    server.awaitMetric("inference_worker_kv_cache_used_tokens{", "0.0");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aClientThatClosesItsHalfIsCancelled(boolean stream) throws Exception {
    server.backend.gate();
    try (Socket client = server.connect()) {
      client.getOutputStream().write(wire(LONG.formatted(stream)));
      server.awaitMetric("inference_worker_requests_running{", "1.0");

      client.shutdownOutput();

      await().atMost(LIMIT).until(() -> stepsUntilRunning(0));
      server.awaitMetric(CANCELLED, "1.0");
      server.awaitMetric("inference_worker_kv_cache_used_tokens{", "0.0");
    }
  }

  @Test
  void aClientThatDoesNotReadStopsNobody() throws Exception {
    List<Socket> clients = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      Socket client = server.connect();
      client.setReceiveBufferSize(1024);
      client.getOutputStream().write(wire(LONG.formatted(true)));
      clients.add(client);
    }

    assertThat(server.complete(SHORT).status()).isEqualTo(200);

    server.awaitMetric("inference_worker_requests_running{", "0.0");
    for (Socket client : clients) {
      client.close();
    }
  }

  @Test
  void aConnectionServesOneRequestAfterAnother() throws Exception {
    try (Socket client = server.connect()) {
      for (int i = 0; i < 20; i++) {
        client.getOutputStream().write(wire(SHORT));
        assertThat(readAnswer(client.getInputStream())).startsWith("HTTP/1.1 200");
      }
    }
  }

  @Test
  void aRequestSentBeforeTheLastAnswerIsServedToo() throws Exception {
    try (Socket client = server.connect()) {
      ByteArrayOutputStream requests = new ByteArrayOutputStream();
      for (int i = 0; i < 5; i++) {
        requests.writeBytes(wire(SHORT));
      }
      client.getOutputStream().write(requests.toByteArray());

      for (int i = 0; i < 5; i++) {
        assertThat(readAnswer(client.getInputStream())).startsWith("HTTP/1.1 200");
      }
    }
  }

  @Test
  void aNextRequestThatComesWhileThisOneRunsIsKept() throws Exception {
    server.backend.gate();
    try (Socket client = server.connect()) {
      client.getOutputStream().write(wire(SHORT));
      server.awaitMetric("inference_worker_requests_running{", "1.0");
      client.getOutputStream().write(wire(SHORT));
      server.backend.open();

      assertThat(readAnswer(client.getInputStream())).startsWith("HTTP/1.1 200");
      assertThat(readAnswer(client.getInputStream())).startsWith("HTTP/1.1 200");
    }
  }

  @Test
  void aClientMayAskBeforeItSendsTheBody() throws Exception {
    try (Socket client = server.connect()) {
      String request = new String(wire(SHORT), UTF_8);
      int body = request.indexOf("\r\n\r\n") + 4;
      String head = request.substring(0, body - 2) + "Expect: 100-continue\r\n\r\n";
      client.getOutputStream().write(head.getBytes(UTF_8));
      assertThat(readHead(client.getInputStream())).startsWith("HTTP/1.1 100");

      client.getOutputStream().write(request.substring(body).getBytes(UTF_8));

      assertThat(readAnswer(client.getInputStream())).startsWith("HTTP/1.1 200");
    }
  }

  /// One step at each look, so that the answers cannot end by themselves before their clients go.
  private boolean stepsUntilRunning(int count) {
    server.backend.allow(1);
    return server.engine.load().running() == count;
  }

  private static String readAnswer(InputStream in) throws IOException {
    String head = readHead(in);
    int length =
        head.lines()
            .filter(line -> line.startsWith("Content-Length: "))
            .mapToInt(line -> Integer.parseInt(line.substring(16)))
            .findFirst()
            .orElseThrow();
    return head + new String(in.readNBytes(length), UTF_8);
  }

  private static String readHead(InputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int next = in.read();
      if (next < 0) {
        throw new IOException("closed after: " + head);
      }
      head.append((char) next);
    }
    return head.toString();
  }
}
