package dev.inferscale.worker.http;

import io.undertow.connector.PooledByteBuffer;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.protocol.http.HttpServerConnection;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.xnio.IoUtils;
import org.xnio.conduits.StreamSourceConduit;

/// Notices a client that leaves while its request is being worked on: with nothing to write yet
/// (before the first token, or for a whole answer) no failed write would tell.
///
/// Once the request is read, nothing reads the connection until the response is complete. The watch
/// reads in that time: the end of the stream, or an error, means the client has gone; a half-closed
/// connection counts too. Bytes are the next request of a client that does not wait; they are given
/// to the connection, and the watch ends, since more could only be read by losing them.
///
/// All of it runs on the connection's IO thread. [#end] waits for that thread, so that no read of
/// the watch is under way when the server takes the connection back for the next request.
final class ClientWatch {
  private static final long END_LIMIT_SECONDS = 5;

  private final HttpServerConnection connection;
  private final StreamSourceConduit source;
  private final Runnable gone;

  private ClientWatch(HttpServerConnection connection, Runnable gone) {
    this.connection = connection;
    this.source = connection.getOriginalSourceConduit();
    this.gone = gone;
  }

  /// Starts to watch the client of a request that has been read whole.
  ///
  /// @param gone called at most once, on an IO thread
  static ClientWatch start(HttpServerExchange exchange, Runnable gone) {
    ClientWatch watch = new ClientWatch((HttpServerConnection) exchange.getConnection(), gone);
    watch.connection.getIoThread().execute(watch::resume);
    return watch;
  }

  void end() throws InterruptedException {
    CountDownLatch ended = new CountDownLatch(1);
    connection
        .getIoThread()
        .execute(() -> {
          suspend();
          ended.countDown();
        });
    if (!ended.await(END_LIMIT_SECONDS, TimeUnit.SECONDS)) {
      IoUtils.safeClose(connection);
    }
  }

  private void resume() {
    if (connection.getExtraBytes() == null) {
      connection.getChannel().getSourceChannel().setReadListener(channel -> read());
      source.resumeReads();
    }
  }

  private void suspend() {
    source.suspendReads();
    connection.getChannel().getSourceChannel().setReadListener(null);
  }

  private void read() {
    PooledByteBuffer bytes = connection.getByteBufferPool().allocate();
    boolean kept = false;
    try {
      int count = source.read(bytes.getBuffer());
      if (count > 0) {
        bytes.getBuffer().flip();
        connection.setExtraBytes(bytes);
        kept = true;
        suspend();
      } else if (count < 0) {
        suspend();
        gone.run();
      }
    } catch (IOException e) {
      // A reset connection is as gone as a closed one.
      suspend();
      gone.run();
    } finally {
      if (!kept) {
        bytes.close();
      }
    }
  }
}
