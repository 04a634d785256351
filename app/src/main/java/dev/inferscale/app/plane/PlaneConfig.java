package dev.inferscale.app.plane;

import dev.inferscale.adapter.AdapterConfig;
import dev.inferscale.adapter.ObservationConfig;
import dev.inferscale.adapter.certificate.CertificateSource;
import dev.inferscale.adapter.certificate.ServingKey;
import dev.inferscale.app.act.ActConfig;
import dev.inferscale.app.act.certificate.SelfSignedConfig;
import dev.inferscale.app.apis.ApisConfig;
import dev.inferscale.launch.ConfigReader.Describe;
import dev.inferscale.signals.SignalsConfig;
import dev.inferscale.signals.kube.KubeAccess;
import dev.inferscale.signals.scrape.ScrapeLimits;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/// The configuration of one signal plane: the keys that an operator may set. Each section becomes
/// the configuration record of the module that it is for.
public record PlaneConfig(
    @Describe("file or folder with the ModelPool documents to measure, reloaded when it changes")
        String pools,
    @Describe("folder or file with further profiles of engines, reloaded when it changes")
        Optional<Path> profiles,
    @Describe("the Kubernetes API, where ModelPool resources and pods are found")
        KubernetesSection kubernetes,
    @Describe("the HTTPS server of the Kubernetes metrics APIs") Adapter adapter,
    @Describe("the HTTP server of the observation API, /metrics and the probes")
        Observation observation,
    @Describe("what the plane is to its cluster") ApisConfig apis,
    @Describe("KEDA's external scaler, by gRPC; it listens where this section is given")
        Optional<KedaSection> keda,
    @Describe("how targets are asked") Scrape scrape,
    @Describe("what is written to the Kubernetes API: nothing unless it says so") ActConfig act,
    @Describe("how long /readyz says no before the servers close, so that callers go elsewhere")
        Duration drainTimeout) {

  /// Where the metrics APIs are served, and with which certificate: two PEM files, one that
  /// replicas agree on, or neither.
  public record Adapter(
      @Describe("address to listen on") String host,
      @Describe("port, 0 for any free one") int port,
      @Describe(
              "who is answered. delegated: whom the Kubernetes API knows and lets, which needs"
                  + " manifests/base/rbac/auth-delegator.yaml; none: everybody, on loopback only;"
                  + " auto: none on loopback, else delegated")
          Authentication authentication,
      @Describe(
              "PEM file of the certificate chain, reloaded when it changes; self-signed without one")
          Optional<Path> certificate,
      @Describe("PEM file of its private key, reloaded when it changes") Optional<Path> key,
      @Describe("a certificate for the plane's Service that its replicas make and agree on")
          Optional<SelfSignedConfig> selfSigned) {
    public Adapter {
      requirePort(port);
      if (certificate.isPresent() != key.isPresent()) {
        // The reader puts the value of the key that a sentence begins with before it.
        throw new IllegalArgumentException(
            certificate.isPresent()
                ? "certificate must be given together with key"
                : "key must be given together with certificate");
      }
      if (certificate.isPresent() && selfSigned.isPresent()) {
        throw new IllegalArgumentException(
            "certificate must not be given together with selfSigned");
      }
    }
  }

  /// Where people and Prometheus look.
  public record Observation(
      @Describe("address to listen on") String host,
      @Describe("port, 0 for any free one") int port,
      @Describe(
              "who is answered, as with adapter.authentication; then it speaks HTTPS, with the"
                  + " adapter's certificate")
          Authentication authentication) {
    public Observation {
      requirePort(port);
    }
  }

  /// Bounds on asking targets.
  public record Scrape(
      @Describe("longest time for one page, 100ms to 30s; never longer than the pool's interval")
          Duration timeout,
      @Describe("largest page in bytes, after decompression") int maxBodyBytes,
      @Describe(
              "memory in bytes for all pages being fetched, at least twice maxBodyBytes, since each byte"
                  + " is held twice; the first 64 KiB of a page do not count")
          int maxBufferedBytes,
      @Describe("most pages fetched at the same time") int maxConcurrentFetches,
      @Describe("most targets of all pools together") int maxTargets) {
    public Scrape {
      new ScrapeLimits(
          timeout,
          maxBodyBytes,
          maxBufferedBytes,
          maxConcurrentFetches); // says what is wrong, by the same names
      if (maxTargets < 1 || maxTargets > 100_000) {
        throw new IllegalArgumentException("maxTargets must be 1 to 100000");
      }
    }
  }

  public PlaneConfig {
    if (drainTimeout.isNegative() || drainTimeout.compareTo(Duration.ofMinutes(5)) > 0) {
      throw new IllegalArgumentException("drainTimeout must be 0s to 5m");
    }
  }

  private static void requirePort(int port) {
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException("port must be 0 to 65535");
    }
  }

  /// The values of the keys that nobody sets.
  public static PlaneConfig defaults() {
    AdapterConfig adapter = AdapterConfig.defaults();
    ObservationConfig observation = ObservationConfig.defaults();
    ScrapeLimits limits = ScrapeLimits.defaults();
    return new PlaneConfig(
        "",
        Optional.empty(),
        new KubernetesSection(KubernetesSection.Mode.AUTO, Optional.empty(), List.of(), List.of()),
        new Adapter(
            adapter.host(),
            adapter.port(),
            Authentication.AUTO,
            Optional.empty(),
            Optional.empty(),
            Optional.empty()),
        new Observation(observation.host(), observation.port(), Authentication.AUTO),
        ApisConfig.defaults(),
        Optional.empty(),
        new Scrape(
            limits.timeout(),
            limits.maxBodyBytes(),
            limits.maxBufferedBytes(),
            limits.maxConcurrentFetches(),
            SignalsConfig.defaults().maxTargets()),
        ActConfig.defaults(),
        Duration.ofSeconds(1));
  }

  /// The same on other ports.
  public PlaneConfig onPorts(int observationPort, int adapterPort) {
    return new PlaneConfig(
        pools,
        profiles,
        kubernetes,
        new Adapter(
            adapter.host(),
            adapterPort,
            adapter.authentication(),
            adapter.certificate(),
            adapter.key(),
            adapter.selfSigned()),
        new Observation(observation.host(), observationPort, observation.authentication()),
        apis,
        keda,
        scrape,
        act,
        drainTimeout);
  }

  /// The same with this way to the Kubernetes API.
  public PlaneConfig reaching(KubernetesSection cluster) {
    return new PlaneConfig(
        pools, profiles, cluster, adapter, observation, apis, keda, scrape, act, drainTimeout);
  }

  /// The same with KEDA's external scaler.
  public PlaneConfig serving(KedaSection scaler) {
    return new PlaneConfig(
        pools,
        profiles,
        kubernetes,
        adapter,
        observation,
        apis,
        Optional.of(scaler),
        scrape,
        act,
        drainTimeout);
  }

  /// The same with this word on what the plane is to its cluster.
  public PlaneConfig registeredAs(ApisConfig wanted) {
    return new PlaneConfig(
        pools, profiles, kubernetes, adapter, observation, wanted, keda, scrape, act, drainTimeout);
  }

  /// `NAMESPACE/NAME` of the Service that our own APIServices lead to.
  String service() {
    return apis.service()
        .orElseGet(() -> adapter.selfSigned().orElseGet(SelfSignedConfig::defaults).front());
  }

  KubeAccess kubeAccess() {
    return kubernetes.discoverConfig(System.getenv()).access();
  }

  boolean adapterAsks() {
    return adapter.authentication().asks(adapter.host());
  }

  boolean observationAsks() {
    return observation.authentication().asks(observation.host());
  }

  /// @param agreed the certificate that replicas agree on, where they do
  AdapterConfig adapterConfig(Optional<Supplier<ServingKey>> agreed) {
    AdapterConfig preset = AdapterConfig.defaults();
    return new AdapterConfig(
        adapter.host(),
        adapter.port(),
        agreed.<CertificateSource>map(CertificateSource.Held::new).orElseGet(this::source),
        preset.reloadEvery(),
        preset.idleTimeout(),
        preset.maxConnections(),
        preset.maxInFlight());
  }

  private CertificateSource source() {
    Path certificate = adapter.certificate().orElse(null);
    Path key = adapter.key().orElse(null);
    return certificate == null || key == null
        ? new CertificateSource.Loopback()
        : new CertificateSource.PemFiles(certificate, key);
  }

  ObservationConfig observationConfig() {
    ObservationConfig preset = ObservationConfig.defaults();
    return new ObservationConfig(
        observation.host(),
        observation.port(),
        preset.idleTimeout(),
        preset.maxConnections(),
        preset.maxInFlight());
  }

  SignalsConfig signalsConfig() {
    SignalsConfig preset = SignalsConfig.defaults();
    return new SignalsConfig(
        new ScrapeLimits(
            scrape.timeout(),
            scrape.maxBodyBytes(),
            scrape.maxBufferedBytes(),
            scrape.maxConcurrentFetches()),
        scrape.maxTargets(),
        preset.mailboxCapacity(),
        preset.foldPause(),
        preset.foldPeriod());
  }
}
