package dev.inferscale.keda;

import dev.inferscale.keda.push.Streams;
import dev.inferscale.keda.wire.ExternalScalerGrpc;
import dev.inferscale.signals.snapshot.Snapshot;
import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.ServerInterceptors;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.shaded.io.netty.handler.ssl.ClientAuth;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContext;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContextBuilder;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslProvider;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.Supplier;
import javax.net.ssl.SSLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// KEDA's external scaler while it listens. It owns its ports, their event loops and the push
/// thread; [#close] ends them.
public final class ScalerServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ScalerServer.class);

  /// After so long without a word the server looks whether the peer is still there. KEDA does not:
  /// only this finds one that vanished, and keeps what translates addresses in between from
  /// forgetting a quiet connection.
  private static final int KEEPALIVE_SECONDS = 30;

  private static final int KEEPALIVE_TIMEOUT_SECONDS = 10;
  private static final int PERMITTED_KEEPALIVE_SECONDS = 10;

  /// Of gRPC: logs each message that is no message, with its stack. Its caller hears of it; whoever
  /// sends many must not fill our log. Held here, since the JDK forgets loggers that nobody holds.
  private static final java.util.logging.Logger MALFORMED =
      java.util.logging.Logger.getLogger("io.grpc.internal.SerializeReentrantCallsDirectExecutor");

  /// Above the age at which we end streams ourselves; a new connection finds new replicas of ours.
  private static final int CONNECTION_MINUTES = 30;

  private static final int CONNECTION_GRACE_MINUTES = 1;
  private static final int MOST_MESSAGE_BYTES = 64 * 1024;
  private static final int MOST_HEADER_BYTES = 8 * 1024;
  private static final int STOP_SECONDS = 5;
  private static final Duration QUESTION_LIMIT = Duration.ofSeconds(1);

  private final Server serving;
  private final Server health;
  private final HealthStatusManager status;
  private final Streams streams;
  private final Calls calls;
  private final TimeLimit limit;
  private final AtomicBoolean seen = new AtomicBoolean();
  private final AtomicBoolean draining = new AtomicBoolean();
  private final Runnable unsubscribe;

  /// Starts to listen.
  ///
  /// @param snapshots the latest, at any time, without waiting
  /// @param subscribe calls what it is given whenever there is a new snapshot, without waiting for
  ///   it, until what it returns is run
  /// @param clock monotonic, the one that snapshots are stamped with
  /// @throws StartFault where a port is taken, a certificate cannot be had, or it would speak
  ///   plaintext off loopback
  public static ScalerServer start(
      KedaConfig config,
      Supplier<Snapshot> snapshots,
      Function<Runnable, Runnable> subscribe,
      InstantSource clock)
      throws StartFault {
    requireSafe(config);
    MALFORMED.setLevel(java.util.logging.Level.OFF);
    ScalerServer server = new ScalerServer(config, snapshots, subscribe, clock);
    LOG.atInfo()
        .addKeyValue("host", config.host())
        .addKeyValue("port", server.port())
        .addKeyValue("healthPort", server.healthPort())
        .log(
            config.tls().isPresent()
                ? "KEDA's external scaler listens; callers show certificates"
                : "KEDA's external scaler listens without TLS, and answers everybody");
    return server;
  }

  private static void requireSafe(KedaConfig config) throws StartFault {
    if (config.tls().isEmpty() && !config.insecure() && !isLoopback(config.host())) {
      throw new StartFault(
          "keda.host "
              + config.host()
              + " is not loopback: name keda.certificate, keda.key and keda.clientCa for TLS with"
              + " certificates on both sides, or set keda.insecure to true where nobody else can"
              + " reach the port");
    }
  }

  private static boolean isLoopback(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException unknown) {
      return false;
    }
  }

  private ScalerServer(
      KedaConfig config,
      Supplier<Snapshot> snapshots,
      Function<Runnable, Runnable> subscribe,
      InstantSource clock)
      throws StartFault {
    this.calls = new Calls();
    this.limit = new TimeLimit(QUESTION_LIMIT);
    this.status = new HealthStatusManager();
    this.streams =
        new Streams(
            snapshots,
            config.grace(),
            config.maxStreams(),
            clock,
            () -> ThreadLocalRandom.current().nextDouble());
    ExternalScaler service = new ExternalScaler(snapshots, streams, config.grace(), clock);
    this.serving = listen(config, service, limit, calls);
    try {
      this.health = listenForHealth(config, status);
    } catch (StartFault fault) {
      serving.shutdownNow();
      throw fault;
    }
    sayHealth(ServingStatus.NOT_SERVING);
    limit.start();
    streams.start();
    this.unsubscribe =
        subscribe.apply(() -> {
          streams.wake();
          folded();
        });
  }

  /// Serves as soon as there is a picture; whatever is wrong with a pool in it is that pool's.
  private void folded() {
    if (seen.compareAndSet(false, true)) {
      sayHealth(ServingStatus.SERVING);
    }
  }

  /// Of the whole server and of its one service.
  private void sayHealth(ServingStatus now) {
    status.setStatus(HealthStatusManager.SERVICE_NAME_ALL_SERVICES, now);
    status.setStatus(ExternalScalerGrpc.SERVICE_NAME, now);
  }

  private static Server listen(
      KedaConfig config, BindableService service, TimeLimit limit, Calls calls) throws StartFault {
    Callers callers = new Callers(config.tls());
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(new InetSocketAddress(config.host(), config.port()))
            .directExecutor()
            .keepAliveTime(KEEPALIVE_SECONDS, TimeUnit.SECONDS)
            .keepAliveTimeout(KEEPALIVE_TIMEOUT_SECONDS, TimeUnit.SECONDS)
            .permitKeepAliveTime(PERMITTED_KEEPALIVE_SECONDS, TimeUnit.SECONDS)
            .permitKeepAliveWithoutCalls(true)
            .maxConnectionAge(CONNECTION_MINUTES, TimeUnit.MINUTES)
            .maxConnectionAgeGrace(CONNECTION_GRACE_MINUTES, TimeUnit.MINUTES)
            .maxInboundMessageSize(MOST_MESSAGE_BYTES)
            .maxInboundMetadataSize(MOST_HEADER_BYTES)
            // KEDA's operator brings all its ScaledObjects over one connection.
            .maxConcurrentCallsPerConnection(config.maxStreams() + 1_000)
            .addService(ServerInterceptors.intercept(service, callers, limit, calls));
    if (config.tls().isPresent()) {
      builder.sslContext(context(config.tls().get()));
    }
    if (config.reflection()) {
      builder.addService(
          ServerInterceptors.intercept(ProtoReflectionServiceV1.newInstance(), callers));
    }
    return started(builder, "keda.port", config.host(), config.port());
  }

  /// The JDK's TLS, which asks the key manager with each handshake.
  private static SslContext context(KedaConfig.MutualTls tls) throws StartFault {
    try {
      return GrpcSslContexts.configure(SslContextBuilder.forServer(tls.keys()), SslProvider.JDK)
          .trustManager(new UnlistedIssuers(tls.callers()))
          .clientAuth(ClientAuth.REQUIRE)
          .build();
    } catch (SSLException e) {
      throw new StartFault("TLS cannot be had of this Java: " + e.getMessage(), e);
    }
  }

  private static Server listenForHealth(KedaConfig config, HealthStatusManager status)
      throws StartFault {
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(new InetSocketAddress(config.host(), config.healthPort()))
            .directExecutor()
            .maxInboundMessageSize(MOST_MESSAGE_BYTES)
            .maxInboundMetadataSize(MOST_HEADER_BYTES)
            .maxConnectionIdle(5, TimeUnit.MINUTES)
            .addService(status.getHealthService());
    return started(builder, "keda.healthPort", config.host(), config.healthPort());
  }

  private static Server started(NettyServerBuilder builder, String key, String host, int port)
      throws StartFault {
    try {
      return builder.build().start();
    } catch (IOException e) {
      throw new StartFault(
          "%s %d of %s cannot be listened on: is it taken? 0 takes any free port"
              .formatted(key, port, host),
          e);
    }
  }

  /// The port it listens on.
  public int port() {
    return serving.getPort();
  }

  /// The port of its health service.
  public int healthPort() {
    return health.getPort();
  }

  /// What it has answered since it started.
  public ScalerStatistics statistics() {
    return new ScalerStatistics(
        calls.rows(), streams.told(), streams.held(), streams.words(), streams.faults());
  }

  /// Says "not serving" to the kubelet and ends all streams with OK, while everything is still
  /// answered, so that KEDA opens its streams elsewhere without a pause.
  public void drain() {
    if (draining.compareAndSet(false, true)) {
      status.enterTerminalState();
      streams.drain();
    }
  }

  @Override
  public void close() {
    unsubscribe.run();
    drain();
    streams.close();
    limit.close();
    serving.shutdown();
    health.shutdownNow();
    try {
      if (!serving.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS)) {
        serving.shutdownNow();
      }
    } catch (InterruptedException e) {
      serving.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }
}
