package dev.inferscale.adapter;

import dev.inferscale.adapter.auth.Gate;
import dev.inferscale.adapter.auth.Refusal;
import dev.inferscale.adapter.certificate.ServingCertificate;
import dev.inferscale.adapter.json.Demand;
import dev.inferscale.adapter.json.DemandApi;
import dev.inferscale.adapter.json.PoolsApi;
import dev.inferscale.adapter.wire.Page;
import dev.inferscale.adapter.wire.Reply;
import dev.inferscale.adapter.wire.Request;
import dev.inferscale.adapter.wire.Surface;
import dev.inferscale.signals.snapshot.Snapshot;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The server for people and Prometheus: the pools as JSON, and the pages that the program mounts.
/// With a gate it speaks HTTPS, since tokens are no matter for an open line. It answers on
/// Undertow's IO threads and owns no others, so a mounted page must not block.
public final class ObservationServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ObservationServer.class);

  private final Supplier<Snapshot> snapshots;
  private final InstantSource clock;
  private final Map<String, Function<Request, Page>> mounted;
  private final Answering answering;
  private final Listener listener;

  /// Starts to listen for plain HTTP on loopback, for everybody there.
  ///
  /// @param snapshots the latest, at any time, without waiting
  /// @param clock monotonic, the one that snapshots are stamped with
  /// @param mounted pages by path, such as `/metrics`, each a function of the request
  /// @param heard takes a demand in without waiting, and says whether there was room
  /// @throws StartFault where the host is not loopback or the port is taken
  public static ObservationServer start(
      ObservationConfig config,
      Supplier<Snapshot> snapshots,
      InstantSource clock,
      Map<String, Function<Request, Page>> mounted,
      Predicate<Demand> heard)
      throws StartFault {
    ObservationServer started =
        new ObservationServer(
            config, Optional.empty(), Optional.empty(), snapshots, clock, mounted, heard);
    LOG.atInfo()
        .addKeyValue("host", config.host())
        .addKeyValue("port", started.port())
        .log("observation listens on loopback only, and answers everybody there");
    return started;
  }

  /// Starts to listen for HTTPS, anywhere.
  ///
  /// @param gate decides who is answered; stays the caller's to close
  /// @param certificate that it serves; stays the caller's to close
  /// @throws StartFault where the port is taken
  public static ObservationServer start(
      ObservationConfig config,
      Gate gate,
      ServingCertificate certificate,
      Supplier<Snapshot> snapshots,
      InstantSource clock,
      Map<String, Function<Request, Page>> mounted,
      Predicate<Demand> heard)
      throws StartFault {
    ObservationServer started =
        new ObservationServer(
            config, Optional.of(gate), Optional.of(certificate), snapshots, clock, mounted, heard);
    LOG.atInfo()
        .addKeyValue("host", config.host())
        .addKeyValue("port", started.port())
        .log("observation listens for HTTPS; Kubernetes says who is answered");
    return started;
  }

  private ObservationServer(
      ObservationConfig config,
      Optional<Gate> gate,
      Optional<ServingCertificate> certificate,
      Supplier<Snapshot> snapshots,
      InstantSource clock,
      Map<String, Function<Request, Page>> mounted,
      Predicate<Demand> heard)
      throws StartFault {
    this.snapshots = snapshots;
    this.clock = clock;
    this.mounted = Map.copyOf(mounted);
    this.answering =
        new Answering(
            this::answer,
            bad -> PoolsApi.fault(bad.status(), "unreadable", bad.sentence()),
            PoolsApi.fault(500, "internal", "the server's log has the cause"),
            refused(Refusal.tooManyInFlight()),
            config.maxInFlight(),
            gate.map(each -> new Guard(each, Gate.Paths.OBSERVATION, ObservationServer::refused)),
            Optional.of(
                new Answering.Taking(
                    DemandApi::takes,
                    Surface.DEMAND,
                    Demand.MAX_BYTES,
                    body -> DemandApi.answer(body, snapshots.get(), heard))),
            clock);
    this.listener =
        Listener.start(
            new Endpoint(
                "observation",
                config.host(),
                config.port(),
                config.idleTimeout(),
                config.maxConnections(),
                gate.isPresent()),
            certificate.map(ServingCertificate::tls).orElse(null),
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

  @Override
  public void close() {
    listener.close();
  }

  private static Page refused(Refusal refusal) {
    String reason = refusal.reason().replaceAll("(?<=[a-z])(?=[A-Z])", "_");
    return PoolsApi.fault(refusal.code(), reason.toLowerCase(Locale.ROOT), refusal.message());
  }

  private Reply answer(Request request) {
    Function<Request, Page> page = mounted.get("/" + String.join("/", request.path()));
    if (page != null && request.reads()) {
      return Reply.of(Surface.PROGRAM, page.apply(request));
    }
    // First the snapshot, then the time: in the other order its age could be negative.
    Snapshot snapshot = snapshots.get();
    return PoolsApi.answer(request, snapshot, clock.instant());
  }
}
