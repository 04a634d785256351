package dev.inferscale.signals.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;

/// Cuts a watch's answer into its events, one JSON document a line.
final class WatchEvents implements ApiServer.Receiver {
  /// A larger object cannot come from etcd.
  private static final int MOST_BYTES = 8 << 20;

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Taker taker;
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();
  private boolean ended;

  /// Takes one event.
  interface Taker {
    /// Takes it.
    ///
    /// @param type `ADDED`, `MODIFIED`, `DELETED`, `BOOKMARK` or `ERROR`
    void event(String type, JsonNode object) throws ApiFault;
  }

  WatchEvents(Taker taker) {
    this.taker = taker;
  }

  /// Nothing is taken from now on: what a connection that was given up still brings is old.
  synchronized void end() {
    ended = true;
  }

  @Override
  public synchronized void take(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining() && !ended) {
      byte next = bytes.get();
      if (next == '\n') {
        event();
      } else if (line.size() < MOST_BYTES) {
        line.write(next);
      } else {
        throw new ApiFault(ApiFault.NONE, "the API server sent an event beyond 8 MiB");
      }
    }
  }

  private void event() throws IOException {
    byte[] document = line.toByteArray();
    line.reset();
    if (document.length > 0) {
      JsonNode event = JSON.readTree(document);
      taker.event(event.path("type").asText(""), event.path("object"));
    }
  }
}
