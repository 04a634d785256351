package dev.inferscale.app.plane;

import dev.inferscale.adapter.certificate.CertificateFault;
import dev.inferscale.adapter.certificate.CertificateSource;
import dev.inferscale.adapter.certificate.ClientAuthorities;
import dev.inferscale.adapter.certificate.ServingCertificate;
import dev.inferscale.keda.KedaConfig.MutualTls;
import dev.inferscale.keda.ScalerServer;
import dev.inferscale.keda.ScalerStatistics;
import dev.inferscale.launch.Program.StartFault;
import dev.inferscale.signals.SignalPlane;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;

/// KEDA's external scaler, with the files that its certificates come from.
final class KedaListener implements AutoCloseable {
  private final ScalerServer server;
  private final Optional<Tls> tls;

  /// What both sides prove themselves with; followed while this is open.
  ///
  /// @param certificate that the scaler shows
  /// @param authorities that sign its callers
  record Tls(ServingCertificate certificate, ClientAuthorities authorities)
      implements AutoCloseable {
    private static Tls open(Path chain, Path key, Path authorities, Duration every)
        throws CertificateFault {
      ServingCertificate certificate =
          ServingCertificate.open(
              "keda", new CertificateSource.PemFiles(chain, key), every, Optional.empty());
      try {
        return new Tls(
            certificate,
            ClientAuthorities.open("keda.clientCa", authorities, every, InstantSource.system()));
      } catch (CertificateFault fault) {
        certificate.close();
        throw fault;
      }
    }

    @Override
    public void close() {
      certificate.close();
      authorities.close();
    }
  }

  /// Starts to listen.
  ///
  /// @param lookEvery how often the files are looked at
  /// @throws StartFault where a port is taken, a file cannot be used, or it would speak plaintext
  ///   off loopback; nothing is left running then
  static KedaListener start(
      KedaSection config, Duration lookEvery, SignalPlane signals, InstantSource time) {
    Optional<Tls> tls = Optional.empty();
    try {
      tls = tls(config, lookEvery);
      return new KedaListener(config, tls, signals, time);
    } catch (CertificateFault | dev.inferscale.keda.StartFault | RuntimeException e) {
      tls.ifPresent(Tls::close);
      throw new StartFault(String.valueOf(e.getMessage()), e);
    }
  }

  /// The configuration has all three or none.
  private static Optional<Tls> tls(KedaSection config, Duration lookEvery) throws CertificateFault {
    return config.certificate().isEmpty()
        ? Optional.empty()
        : Optional.of(
            Tls.open(
                config.certificate().get(),
                config.key().orElseThrow(),
                config.clientCa().orElseThrow(),
                lookEvery));
  }

  private KedaListener(
      KedaSection config, Optional<Tls> tls, SignalPlane signals, InstantSource time)
      throws dev.inferscale.keda.StartFault {
    this.tls = tls;
    this.server =
        ScalerServer.start(
            config.config(
                tls.map(each ->
                    new MutualTls(
                        each.certificate().keys(), each.authorities(), config.clients()))),
            signals::latest,
            wake -> signals.subscribe(snapshot -> wake.run()),
            time);
  }

  int port() {
    return server.port();
  }

  ScalerStatistics statistics() {
    return server.statistics();
  }

  Optional<Tls> tls() {
    return tls;
  }

  void drain() {
    server.drain();
  }

  @Override
  public void close() {
    server.close();
    tls.ifPresent(Tls::close);
  }
}
