package dev.inferscale.adapter;

import io.undertow.UndertowOptions;
import io.undertow.connector.ByteBufferPool;
import io.undertow.connector.PooledByteBuffer;
import io.undertow.protocols.http2.Http2Channel;
import io.undertow.server.ConnectorStatistics;
import io.undertow.server.DelegateOpenListener;
import io.undertow.server.HttpHandler;
import io.undertow.server.protocol.http2.Http2ReceiveListener;
import io.undertow.util.Attachable;
import io.undertow.util.AttachmentKey;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.xnio.IoUtils;
import org.xnio.OptionMap;
import org.xnio.StreamConnection;

/// Opens HTTP/2 connections as Undertow's own listener does, which keeps their channels to itself:
/// here an exchange finds the one that it came by, so that GOAWAY can be said on it.
final class Http2Listener implements DelegateOpenListener {
  /// How long a connection on which we said GOAWAY is read and answered before we close it: a
  /// request that was on its way meanwhile would else fail with the connection, and its client
  /// could not know whether it was answered.
  private static final long LINGER_SECONDS = 1;

  private static final AttachmentKey<Http2Channel> CHANNEL =
      AttachmentKey.create(Http2Channel.class);

  private final ByteBufferPool buffers;
  private final int bufferBytes;
  private volatile OptionMap options;
  private volatile HttpHandler handler;

  Http2Listener(ByteBufferPool buffers, int bufferBytes, OptionMap options, HttpHandler handler) {
    this.buffers = buffers;
    this.bufferBytes = bufferBytes;
    this.options = options;
    this.handler = handler;
  }

  /// The channel of a connection; null where it is not HTTP/2.
  static @Nullable Http2Channel channel(Attachable connection) {
    return connection.getAttachment(CHANNEL);
  }

  @Override
  public void handleEvent(StreamConnection connection) {
    handleEvent(connection, null);
  }

  @Override
  public void handleEvent(StreamConnection connection, @Nullable PooledByteBuffer read) {
    try {
      Http2Channel channel = new LingeringChannel(connection, buffers, read, options);
      channel.setIdleTimeout(options.get(UndertowOptions.IDLE_TIMEOUT));
      channel.putAttachment(CHANNEL, channel);
      channel.getReceiveSetter().set(new Http2ReceiveListener(handler, options, bufferBytes, null));
      channel.resumeReceives();
    } catch (RuntimeException bug) {
      IoUtils.safeClose(connection);
      throw bug;
    }
  }

  @Override
  public HttpHandler getRootHandler() {
    return handler;
  }

  @Override
  public void setRootHandler(HttpHandler other) {
    handler = other;
  }

  @Override
  public OptionMap getUndertowOptions() {
    return options;
  }

  @Override
  public void setUndertowOptions(OptionMap other) {
    options = other;
  }

  @Override
  public ByteBufferPool getBufferPool() {
    return buffers;
  }

  @Override
  public @Nullable ConnectorStatistics getConnectorStatistics() {
    return null;
  }

  /// Undertow closes a channel as soon as it has written GOAWAY; this one leaves that to the peer,
  /// for as long as [#LINGER_SECONDS].
  private static final class LingeringChannel extends Http2Channel {
    private boolean lingering;

    LingeringChannel(
        StreamConnection connection,
        ByteBufferPool buffers,
        @Nullable PooledByteBuffer read,
        OptionMap options) {
      super(connection, "h2", buffers, read, false, false, options);
    }

    @Override
    public void close() throws IOException {
      if (lingering || !isThisGoneAway() || isPeerGoneAway()) {
        super.close();
        return;
      }
      lingering = true;
      getIoThread().executeAfter(() -> IoUtils.safeClose(this), LINGER_SECONDS, TimeUnit.SECONDS);
    }

    /// Asked for in order to shut down the way out, after which nothing more is answered.
    @Override
    protected boolean isLastFrameSent() {
      return false;
    }
  }
}
