package dev.inferscale.adapter;

import dev.inferscale.adapter.auth.Gate;
import dev.inferscale.adapter.auth.Refusal;
import dev.inferscale.adapter.certificate.CertificateFault;
import dev.inferscale.adapter.certificate.ServingCertificate;
import dev.inferscale.adapter.metricsapi.MetricsApi;
import dev.inferscale.adapter.metricsapi.Preparedness;
import dev.inferscale.adapter.metricsapi.Status;
import dev.inferscale.adapter.metricsapi.View;
import dev.inferscale.adapter.tally.Distribution;
import dev.inferscale.adapter.wire.Reply;
import dev.inferscale.adapter.wire.Request;
import dev.inferscale.signals.snapshot.Snapshot;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The HTTPS server of the metrics APIs. It answers on Undertow's IO threads, always from the
/// latest snapshot, and waits for nothing. [#close] ends those threads.
public final class AdapterServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AdapterServer.class);

  private final MetricsApi api;
  private final Source source;
  private final Freshness freshness = new Freshness();
  private final ServingCertificate certificate;
  private final boolean own;
  private final Optional<Gate> gate;
  private final Answering answering;
  private final Listener listener;

  /// Written by whoever stops the program, read by IO threads.
  private volatile boolean draining;

  /// What it answers from.
  ///
  /// @param version of this program, for `/version`
  /// @param snapshots the latest, at any time, without waiting
  /// @param synced whether the plane knows enough to be asked, at any time, without waiting
  /// @param clock monotonic, the one that snapshots are stamped with
  /// @param wall for timestamps in documents
  public record Source(
      String version,
      Supplier<Snapshot> snapshots,
      BooleanSupplier synced,
      InstantSource clock,
      InstantSource wall) {}

  /// Starts to listen on loopback, for everybody there, with a certificate of its own.
  ///
  /// @throws StartFault where the host is not loopback, the port is taken, or the certificate
  ///   cannot be had
  public static AdapterServer start(AdapterConfig config, Source source) throws StartFault {
    return start(config, Optional.empty(), source);
  }

  /// Starts to listen, with a certificate of its own.
  ///
  /// @param gate decides who is answered, and stays the caller's to close; empty for everybody, on
  ///   loopback only
  /// @throws StartFault as the other does; with a gate the host may be any
  public static AdapterServer start(AdapterConfig config, Optional<Gate> gate, Source source)
      throws StartFault {
    ServingCertificate own = certificate(config, gate);
    try {
      return start(config, own, true, gate, source);
    } catch (StartFault | RuntimeException failure) {
      own.close();
      throw failure;
    }
  }

  private static ServingCertificate certificate(AdapterConfig config, Optional<Gate> gate)
      throws StartFault {
    try {
      return ServingCertificate.open(
          "adapter", config.certificate(), config.reloadEvery(), gate.map(Gate::clients));
    } catch (CertificateFault fault) {
      throw new StartFault(String.valueOf(fault.getMessage()), fault);
    }
  }

  /// Starts to listen.
  ///
  /// @param certificate that it serves; stays the caller's to close
  /// @param gate as with the other
  /// @throws StartFault where the port is taken, or the host is not loopback and there is no gate
  public static AdapterServer start(
      AdapterConfig config, ServingCertificate certificate, Optional<Gate> gate, Source source)
      throws StartFault {
    return start(config, certificate, false, gate, source);
  }

  private static AdapterServer start(
      AdapterConfig config,
      ServingCertificate certificate,
      boolean own,
      Optional<Gate> gate,
      Source source)
      throws StartFault {
    AdapterServer started = new AdapterServer(config, certificate, own, gate, source);
    LOG.atInfo()
        .addKeyValue("host", config.host())
        .addKeyValue("port", started.port())
        .addKeyValue("certificate", certificate.from())
        .log(
            gate.isPresent()
                ? "metrics API listens; Kubernetes says who is answered"
                : "metrics API listens on loopback only, and answers everybody there");
    return started;
  }

  private AdapterServer(
      AdapterConfig config,
      ServingCertificate certificate,
      boolean own,
      Optional<Gate> gate,
      Source source)
      throws StartFault {
    this.api = new MetricsApi(source.version(), freshness);
    this.source = source;
    this.certificate = certificate;
    this.own = own;
    this.gate = gate;
    this.answering =
        new Answering(
            this::answer,
            Status::of,
            Status.INTERNAL_ERROR.page("Internal error occurred: the server's log has the cause"),
            Refusal.tooManyInFlight().status(),
            config.maxInFlight(),
            gate.map(each -> new Guard(each, Gate.Paths.API, Refusal::status)),
            Optional.empty(),
            source.clock());
    this.listener =
        Listener.start(
            new Endpoint(
                "adapter",
                config.host(),
                config.port(),
                config.idleTimeout(),
                config.maxConnections(),
                gate.isPresent()),
            certificate.tls(),
            answering);
  }

  /// The port it listens on.
  public int port() {
    return listener.port();
  }

  /// What it has answered since it started.
  public Statistics statistics() {
    return answering.statistics();
  }

  /// How old the values were that it served, in seconds, by group of the metrics APIs.
  public Map<String, Distribution> freshness() {
    return freshness.now();
  }

  /// Makes `/readyz` fail and ends each connection with its next answer, while everything is still
  /// answered, so that callers go elsewhere before [#close].
  public void drain() {
    draining = true;
    listener.drain();
  }

  @Override
  public void close() {
    listener.close();
    if (own) {
      certificate.close();
    }
  }

  private Reply answer(Request request) {
    // First the snapshot, then the time: in the other order its age could be negative.
    Snapshot snapshot = source.snapshots().get();
    Instant now = source.clock().instant();
    Instant expires = certificate.expires();
    boolean knowsCallers = gate.map(Gate::isReady).orElse(true);
    Preparedness own =
        new Preparedness(source.synced().getAsBoolean(), expires, knowsCallers, draining);
    return api.answer(request, new View(snapshot, now, source.wall().instant(), own));
  }
}
