package dev.inferscale.adapter;

import io.undertow.Undertow;
import io.undertow.UndertowOptions;
import io.undertow.server.HttpHandler;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.xnio.Options;
import org.xnio.Sequence;

/// One listening port with its limits. Requests are answered on Undertow's IO threads, from memory.
///
/// @param section of the configuration, `adapter` or `observation`, for sentences
record Listener(String section, String host, int port, Duration idleTimeout, int maxConnections) {

  private static final int IO_THREADS = 2;
  private static final int MAX_HEADER_BYTES = 16 * 1024;
  private static final int MAX_HEADERS = 64;
  private static final int MAX_HTTP2_STREAMS = 100;
  private static final int PARSE_TIMEOUT_MILLIS = 30_000;

  /// Starts to listen.
  ///
  /// @param tls null for plain HTTP
  /// @throws StartFault where the host is not loopback, or the port is taken
  Undertow start(@Nullable SSLContext tls, HttpHandler handler) throws StartFault {
    requireLoopback();
    Undertow.Builder builder =
        Undertow.builder()
            .setIoThreads(IO_THREADS)
            .setWorkerThreads(1)
            .setHandler(handler)
            .setSocketOption(Options.CONNECTION_HIGH_WATER, maxConnections)
            .setSocketOption(Options.CONNECTION_LOW_WATER, maxConnections)
            .setServerOption(UndertowOptions.MAX_HEADER_SIZE, MAX_HEADER_BYTES)
            .setServerOption(UndertowOptions.MAX_HEADERS, MAX_HEADERS)
            .setServerOption(
                UndertowOptions.HTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, MAX_HTTP2_STREAMS)
            .setServerOption(UndertowOptions.REQUEST_PARSE_TIMEOUT, PARSE_TIMEOUT_MILLIS)
            .setServerOption(UndertowOptions.NO_REQUEST_TIMEOUT, (int) idleTimeout.toMillis())
            // Path and query are decoded by wire.Request, where '+' means what Go's clients mean.
            .setServerOption(UndertowOptions.DECODE_URL, false);
    if (tls == null) {
      builder.addHttpListener(port, host);
    } else {
      builder
          .addHttpsListener(port, host, tls)
          .setServerOption(UndertowOptions.ENABLE_HTTP2, true)
          .setSocketOption(Options.SSL_ENABLED_PROTOCOLS, Sequence.of("TLSv1.3", "TLSv1.2"));
    }
    return start(builder.build());
  }

  /// The port that was bound, which the configuration may have left open.
  static int portOf(Undertow server) {
    return ((InetSocketAddress) server.getListenerInfo().getFirst().getAddress()).getPort();
  }

  private Undertow start(Undertow server) throws StartFault {
    try {
      server.start();
      return server;
    } catch (RuntimeException failure) {
      server.stop();
      if (isTaken(failure)) {
        throw new StartFault(
            "%s.port %d is in use on %s; set another one, or 0 for any free port"
                .formatted(section, port, host),
            failure);
      }
      throw new StartFault(
          "%s cannot listen on %s:%d: %s".formatted(section, host, port, failure.getMessage()),
          failure);
    }
  }

  private void requireLoopback() throws StartFault {
    try {
      if (InetAddress.getByName(host).isLoopbackAddress()) {
        return;
      }
    } catch (UnknownHostException unknown) {
      throw new StartFault(
          "%s.host '%s' does not resolve; set 127.0.0.1".formatted(section, host), unknown);
    }
    throw new StartFault(
        ("%s.host '%s' is not a loopback address; this version has no authentication, so it listens"
                + " on loopback only: set 127.0.0.1")
            .formatted(section, host));
  }

  private static boolean isTaken(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof BindException) {
        return true;
      }
    }
    return false;
  }
}
