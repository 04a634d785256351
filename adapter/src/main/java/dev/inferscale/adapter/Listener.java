package dev.inferscale.adapter;

import io.undertow.UndertowOptions;
import io.undertow.connector.ByteBufferPool;
import io.undertow.protocols.ssl.UndertowXnioSsl;
import io.undertow.server.DefaultByteBufferPool;
import io.undertow.server.HttpHandler;
import io.undertow.server.protocol.http.AlpnOpenListener;
import io.undertow.server.protocol.http.HttpOpenListener;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.ChannelListener;
import org.xnio.ChannelListeners;
import org.xnio.IoUtils;
import org.xnio.OptionMap;
import org.xnio.Options;
import org.xnio.Sequence;
import org.xnio.SslClientAuthMode;
import org.xnio.StreamConnection;
import org.xnio.Xnio;
import org.xnio.XnioWorker;
import org.xnio.channels.AcceptingChannel;
import org.xnio.ssl.SslConnection;

/// One listening port with its limits, and the IO threads that answer there.
///
/// It is put together from Undertow's parts, not by its builder: the builder leaves no place to
/// close a connection that never finishes its TLS handshake, and such connections would use up the
/// limit.
final class Listener implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Listener.class);
  private static final int IO_THREADS = 2;
  private static final int BUFFER_BYTES = 16 * 1024;

  /// Beyond what `wire.Request` takes, so that a target that is too long is told so; what is longer
  /// still loses its connection.
  private static final int MAX_HEADER_BYTES = 64 * 1024;

  private static final int MAX_HEADERS = 64;

  /// Nothing here reads a body; a longer one costs its sender the connection or the stream.
  private static final long MAX_BODY_BYTES = 64 * 1024;

  private static final int MAX_HTTP2_STREAMS = 100;
  private static final long STOP_SECONDS = 5;

  /// Longest wait at the end for requests that are being answered.
  private static final Duration FINISH_WITHIN = Duration.ofSeconds(2);

  /// Longest wait for a handshake, and for the rest of a request that has begun.
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final XnioWorker worker;
  private final ByteBufferPool buffers;
  private final AcceptingChannel<? extends StreamConnection> server;
  private final Farewell farewell;

  /// Starts to listen.
  ///
  /// @param tls null for plain HTTP
  /// @throws StartFault where the host is open to strangers, or the port is taken
  static Listener start(Endpoint endpoint, @Nullable SSLContext tls, HttpHandler answering)
      throws StartFault {
    Farewell handler = new Farewell(answering);
    InetSocketAddress address = endpoint.address();
    XnioWorker worker = null;
    ByteBufferPool buffers = new DefaultByteBufferPool(true, BUFFER_BYTES);
    try {
      worker = worker();
      AcceptingChannel<? extends StreamConnection> server =
          tls == null
              ? plain(worker, address, endpoint, http(endpoint, handler, buffers))
              : secure(worker, address, endpoint, alpn(endpoint, handler, buffers), tls);
      server.resumeAccepts();
      return new Listener(worker, buffers, server, handler);
    } catch (IOException | RuntimeException failure) {
      buffers.close();
      if (worker != null) {
        worker.shutdownNow();
      }
      throw endpoint.cannotListen(failure, failure instanceof BindException);
    }
  }

  private Listener(
      XnioWorker worker,
      ByteBufferPool buffers,
      AcceptingChannel<? extends StreamConnection> server,
      Farewell farewell) {
    this.worker = worker;
    this.buffers = buffers;
    this.server = server;
    this.farewell = farewell;
  }

  /// The port that was bound, which the configuration may have left open.
  int port() {
    return ((InetSocketAddress) server.getLocalAddress()).getPort();
  }

  /// From now on every connection ends with its next answer.
  void drain() {
    farewell.begin();
  }

  @Override
  public void close() {
    IoUtils.safeClose(server);
    farewell.begin();
    try {
      if (!farewell.await(FINISH_WITHIN)) {
        LOG.atWarn()
            .addKeyValue("limit_ms", FINISH_WITHIN.toMillis())
            .log("requests took too long at the end; cut off");
      }
      worker.shutdownNow();
      worker.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException interrupted) {
      worker.shutdownNow();
      Thread.currentThread().interrupt();
    }
    buffers.close();
  }

  private static XnioWorker worker() throws IOException {
    return Xnio.getInstance(Listener.class.getClassLoader())
        .createWorker(
            OptionMap.builder()
                .set(Options.WORKER_NAME, "adapter-io")
                .set(Options.WORKER_IO_THREADS, IO_THREADS)
                .set(Options.WORKER_TASK_CORE_THREADS, 1)
                .set(Options.WORKER_TASK_MAX_THREADS, 1)
                .set(Options.TCP_NODELAY, true)
                .getMap());
  }

  private static AcceptingChannel<StreamConnection> plain(
      XnioWorker worker,
      InetSocketAddress address,
      Endpoint endpoint,
      ChannelListener<StreamConnection> open)
      throws IOException {
    return worker.createStreamConnectionServer(
        address, ChannelListeners.openListenerAdapter(open), socketOptions(endpoint));
  }

  private static AcceptingChannel<SslConnection> secure(
      XnioWorker worker,
      InetSocketAddress address,
      Endpoint endpoint,
      ChannelListener<StreamConnection> open,
      SSLContext tls)
      throws IOException {
    long patience = patience(endpoint).toMillis();
    ChannelListener<SslConnection> guarded =
        connection -> {
          var _ =
              connection
                  .getIoThread()
                  .executeAfter(() -> closeIfSilent(connection), patience, TimeUnit.MILLISECONDS);
          open.handleEvent(connection);
        };
    return new UndertowXnioSsl(worker.getXnio(), OptionMap.EMPTY, tls)
        .createSslConnectionServer(
            worker,
            address,
            ChannelListeners.openListenerAdapter(guarded),
            socketOptions(endpoint));
  }

  private static void closeIfSilent(SslConnection connection) {
    // What JSSE calls the protocol of a session that has none yet.
    if (connection.getSslSession().getProtocol().equals("NONE")) {
      IoUtils.safeClose(connection);
    }
  }

  private static AlpnOpenListener alpn(
      Endpoint endpoint, HttpHandler handler, ByteBufferPool buffers) {
    OptionMap options = serverOptions(endpoint);
    HttpOpenListener http1 = http(endpoint, handler, buffers);
    Http2Listener http2 = new Http2Listener(buffers, BUFFER_BYTES, options, handler);
    AlpnOpenListener alpn = new AlpnOpenListener(buffers, options, http1);
    alpn.addProtocol("h2", http2, 10);
    alpn.addProtocol("http/1.1", http1, 5);
    return alpn;
  }

  private static HttpOpenListener http(
      Endpoint endpoint, HttpHandler handler, ByteBufferPool buffers) {
    HttpOpenListener http = new HttpOpenListener(buffers, serverOptions(endpoint));
    http.setRootHandler(handler);
    return http;
  }

  private static OptionMap socketOptions(Endpoint endpoint) {
    return OptionMap.builder()
        .set(Options.TCP_NODELAY, true)
        .set(Options.KEEP_ALIVE, true)
        .set(Options.REUSE_ADDRESSES, true)
        .set(Options.BACKLOG, 1_000)
        .set(Options.CONNECTION_HIGH_WATER, endpoint.maxConnections())
        .set(Options.CONNECTION_LOW_WATER, endpoint.maxConnections())
        .set(Options.SSL_ENABLED_PROTOCOLS, Sequence.of("TLSv1.3", "TLSv1.2"))
        .set(
            Options.SSL_CLIENT_AUTH_MODE,
            endpoint.guarded() ? SslClientAuthMode.REQUESTED : SslClientAuthMode.NOT_REQUESTED)
        .getMap();
  }

  private static OptionMap serverOptions(Endpoint endpoint) {
    int idleMillis = (int) endpoint.idleTimeout().toMillis();
    return OptionMap.builder()
        .set(UndertowOptions.ENABLE_HTTP2, true)
        .set(UndertowOptions.BUFFER_PIPELINED_DATA, false)
        .set(UndertowOptions.MAX_HEADER_SIZE, MAX_HEADER_BYTES)
        .set(UndertowOptions.MAX_HEADERS, MAX_HEADERS)
        .set(UndertowOptions.MAX_ENTITY_SIZE, MAX_BODY_BYTES)
        .set(UndertowOptions.HTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, MAX_HTTP2_STREAMS)
        .set(UndertowOptions.REQUEST_PARSE_TIMEOUT, (int) patience(endpoint).toMillis())
        .set(UndertowOptions.NO_REQUEST_TIMEOUT, idleMillis)
        .set(UndertowOptions.IDLE_TIMEOUT, idleMillis)
        // Path and query are decoded by wire.Request, where '+' means what Go's clients mean.
        .set(UndertowOptions.DECODE_URL, false)
        .getMap();
  }

  private static Duration patience(Endpoint endpoint) {
    return endpoint.idleTimeout().compareTo(PATIENCE) < 0 ? endpoint.idleTimeout() : PATIENCE;
  }
}
