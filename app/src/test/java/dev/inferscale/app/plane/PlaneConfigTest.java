package dev.inferscale.app.plane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.adapter.AdapterConfig;
import dev.inferscale.adapter.ObservationConfig;
import dev.inferscale.adapter.certificate.CertificateSource;
import dev.inferscale.app.act.ActConfig;
import dev.inferscale.app.apis.ApisConfig;
import dev.inferscale.app.apis.Mode;
import dev.inferscale.keda.KedaConfig;
import dev.inferscale.launch.ConfigReader;
import dev.inferscale.launch.ConfigReader.ConfigFault;
import dev.inferscale.launch.ConfigReader.Result;
import dev.inferscale.signals.SignalsConfig;
import dev.inferscale.signals.kube.KubeAccess;
import dev.inferscale.signals.scrape.ScrapeLimits;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PlaneConfigTest {
  private static final String EVERY_KEY =
      """
      pools: pools.yaml
      profiles: profiles
      kubernetes:
        mode: kubeconfig
        kubeconfig: kube.config
        namespaces: [serving, batch]
        allowedEndpointHosts: [gateway]
      adapter: {host: localhost, port: 16443, authentication: delegated, certificate: tls.crt, key: tls.key}
      observation: {host: 127.0.0.2, port: 18080, authentication: none}
      apis: {mode: custom, service: llm/plane}
      keda:
        host: 127.0.0.3
        port: 16000
        healthPort: 16001
        insecure: true
        certificate: keda.crt
        key: keda.key
        clientCa: ca.crt
        clients: [{name: keda-operator}, {name: team-a-keda, namespaces: [serving, batch]}]
        grace: 45s
        maxStreams: 500
        reflection: true
      scrape:
        timeout: 2s
        maxBodyBytes: 1000000
        maxBufferedBytes: 3000000
        maxConcurrentFetches: 50
        maxTargets: 500
      act:
        status: true
        events: true
        caBundle: true
        dryRun: true
        lease: {namespace: serving, name: writer}
      drainTimeout: 7s
      """;

  @Test
  void everyKeyComesFromTheFile() {
    PlaneConfig config = good(EVERY_KEY);

    assertThat(config)
        .isEqualTo(
            new PlaneConfig(
                "pools.yaml",
                Optional.of(Path.of("profiles")),
                new KubernetesSection(
                    KubernetesSection.Mode.KUBECONFIG,
                    Optional.of(Path.of("kube.config")),
                    List.of("serving", "batch"),
                    List.of("gateway")),
                new PlaneConfig.Adapter(
                    "localhost",
                    16_443,
                    Authentication.DELEGATED,
                    Optional.of(Path.of("tls.crt")),
                    Optional.of(Path.of("tls.key")),
                    Optional.empty()),
                new PlaneConfig.Observation("127.0.0.2", 18_080, Authentication.NONE),
                new ApisConfig(Mode.CUSTOM, Optional.of("llm/plane")),
                Optional.of(
                    new KedaSection(
                        "127.0.0.3",
                        16_000,
                        16_001,
                        true,
                        Optional.of(Path.of("keda.crt")),
                        Optional.of(Path.of("keda.key")),
                        Optional.of(Path.of("ca.crt")),
                        List.of(
                            KedaConfig.Client.ofAll("keda-operator"),
                            new KedaConfig.Client(
                                "team-a-keda", Optional.of(List.of("serving", "batch")))),
                        Duration.ofSeconds(45),
                        500,
                        true)),
                new PlaneConfig.Scrape(Duration.ofSeconds(2), 1_000_000, 3_000_000, 50, 500),
                new ActConfig(true, true, true, true, new ActConfig.Lease("serving", "writer")),
                Duration.ofSeconds(7)));
    // A new key must be set above too.
    Map<String, String> defaults = ConfigReader.effective(PlaneConfig.defaults());
    assertThat(ConfigReader.effective(config))
        .containsKeys(defaults.keySet().toArray(String[]::new))
        .allSatisfy((key, value) -> assertThat(value).as(key).isNotEqualTo(defaults.get(key)));
  }

  @Test
  void theClusterIsTheKubeconfigsElseThePodsElseNone() {
    Map<String, String> pod =
        Map.of("KUBERNETES_SERVICE_HOST", "fd00::1", "KUBERNETES_SERVICE_PORT", "6443");

    assertThat(access("{}", Map.of())).isEqualTo(new KubeAccess.None());
    assertThat(access("kubernetes: {kubeconfig: a}", pod))
        .isEqualTo(new KubeAccess.Kubeconfig(Path.of("a")));
    assertThat(access("kubernetes: {mode: off, kubeconfig: a}", pod))
        .isEqualTo(new KubeAccess.None());
    assertThat(access("kubernetes: {mode: in-cluster}", pod))
        .isInstanceOfSatisfying(
            KubeAccess.InCluster.class,
            found -> assertThat(found.server()).isEqualTo("https://[fd00::1]:6443"));
  }

  private static KubeAccess access(String yaml, Map<String, String> environment) {
    return good(yaml).kubernetes().discoverConfig(environment).access();
  }

  @Test
  void ourServiceIsTheOneThatTheCertificateIsForUnlessAnotherIsNamed() {
    assertThat(good("{}").service()).isEqualTo("inferscale/inferscale");
    assertThat(good("adapter: {selfSigned: {service: front, namespace: llm}}").service())
        .isEqualTo("llm/front");
    assertThat(good("apis: {service: llm/plane}").service()).isEqualTo("llm/plane");
  }

  @Test
  void everyKeyReachesItsModule() {
    PlaneConfig config = good(EVERY_KEY);

    AdapterConfig adapter = config.adapterConfig(Optional.empty());
    assertThat(adapter)
        .isEqualTo(
            new AdapterConfig(
                "localhost",
                16_443,
                new CertificateSource.PemFiles(Path.of("tls.crt"), Path.of("tls.key")),
                AdapterConfig.defaults().reloadEvery(),
                AdapterConfig.defaults().idleTimeout(),
                AdapterConfig.defaults().maxConnections(),
                AdapterConfig.defaults().maxInFlight()));
    assertThat(config.observationConfig().host()).isEqualTo("127.0.0.2");
    assertThat(config.observationConfig().port()).isEqualTo(18_080);
    assertThat(config.signalsConfig().scrape())
        .isEqualTo(new ScrapeLimits(Duration.ofSeconds(2), 1_000_000, 3_000_000, 50));
    assertThat(config.signalsConfig().maxTargets()).isEqualTo(500);
    assertThat(config.keda().orElseThrow().config(Optional.empty()))
        .isEqualTo(
            new KedaConfig(
                "127.0.0.3",
                16_000,
                16_001,
                Optional.empty(),
                true,
                Duration.ofSeconds(45),
                500,
                true));
  }

  @Test
  void nothingSetIsTheDefaultsOfEachModule() {
    PlaneConfig config = good("");

    assertThat(config).isEqualTo(PlaneConfig.defaults());
    assertThat(config.adapterConfig(Optional.empty())).isEqualTo(AdapterConfig.defaults());
    assertThat(config.observationConfig()).isEqualTo(ObservationConfig.defaults());
    assertThat(config.signalsConfig()).isEqualTo(SignalsConfig.defaults());
  }

  @Test
  void faultsAreReportedTogether() {
    assertThat(
            faults(
                """
                observaton: {port: 1}
                adapter: {port: 99999}
                scrape: {timeout: soon}
                """))
        .containsExactlyInAnyOrder(
            "observaton: unknown key; did you mean observation? (line 1)",
            "adapter.port = 99999: must be 0 to 65535 (line 2)",
            "scrape.timeout = soon: must be a duration such as 500ms, 2s, 5m or 1h30m (line 3)");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "adapter: {port: -1}                 | adapter.port = -1",
        "adapter: {certificate: tls.crt}     | adapter.certificate = tls.crt: must be given together",
        "adapter: {key: tls.key}             | adapter.key = tls.key: must be given together",
        "observation: {port: 65536}          | observation.port = 65536",
        "keda: {certificate: a}              | keda.certificate = a: must be given together with key",
        "keda: {clientCa: a}                 | keda.clientCa = a: must be given together with cert",
        "keda: {clients: [{name: a}]}        | keda.clients",
        "keda: {maxStreams: 0}               | keda.maxStreams = 0: must be 1 to 100000",
        "keda: {clients: [{}]}               | keda.clients[0].name: is missing; must be a text",
        "keda: {clients: [{name: ''}]}       | keda.clients[0].name",
        "keda: {clients: [{name: a, namespaces: [A/B]}]} | keda.clients[0].namespaces",
        "keda: {clients: [{name: a, namespaces: []}]}    | keda.clients[0].namespaces",
        "keda: {clients: [a]}                | keda.clients[0] = a: must be a section with name",
        "scrape: {timeout: 1ms}              | scrape.timeout = 1ms",
        "scrape: {timeout: 31s}              | scrape.timeout = 31s",
        "scrape: {maxBodyBytes: 0}           | scrape.maxBodyBytes = 0",
        "scrape: {maxBufferedBytes: 1}       | scrape.maxBufferedBytes = 1: must be at least twice",
        "scrape: {maxConcurrentFetches: 0}   | scrape.maxConcurrentFetches = 0",
        "scrape: {maxTargets: 0}             | scrape.maxTargets = 0: must be 1 to 100000",
        "drainTimeout: 6m                    | drainTimeout = 6m: must be 0s to 5m",
        "drainTimeout: -1s                   | drainTimeout = -1s",
      })
  void aValueOutOfRangeIsNamedWithItsKey(String yaml, String fault) {
    assertThat(faults(yaml)).singleElement().asString().contains(fault).contains("must be");
  }

  @Test
  void everyKeyIsDescribed() {
    assertThat(ConfigReader.reference(PlaneConfig.class).lines())
        .isNotEmpty()
        .noneMatch(line -> line.matches(".*\\|\\s*\\|\\s*"));
  }

  @Test
  void otherPortsChangeNothingElse() {
    PlaneConfig moved = good(EVERY_KEY).onPorts(1, 2);

    assertThat(moved.observation().port()).isEqualTo(1);
    assertThat(moved.adapter().port()).isEqualTo(2);
    assertThat(moved.onPorts(18_080, 16_443)).isEqualTo(good(EVERY_KEY));
  }

  private static PlaneConfig good(String yaml) {
    return switch (read(yaml)) {
      case Result.Good<PlaneConfig>(PlaneConfig config, _) -> config;
      case Result.Bad<PlaneConfig> bad -> throw new AssertionError(bad);
    };
  }

  private static List<String> faults(String yaml) {
    return switch (read(yaml)) {
      case Result.Bad<PlaneConfig>(List<ConfigFault> faults) ->
          faults.stream().map(ConfigFault::line).toList();
      case Result.Good<PlaneConfig> good -> throw new AssertionError(good);
    };
  }

  private static Result<PlaneConfig> read(String yaml) {
    return ConfigReader.of(PlaneConfig.class).read(yaml, Map.of(), Map.of());
  }
}
