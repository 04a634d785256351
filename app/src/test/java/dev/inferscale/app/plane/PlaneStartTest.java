package dev.inferscale.app.plane;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.inferscale.app.act.ActConfig;
import dev.inferscale.launch.MonotonicTime;
import dev.inferscale.launch.Program.StartFault;
import dev.inferscale.signals.pool.ModelPool;
import dev.inferscale.signals.pool.PoolsFile;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What a plane refuses to start with, each in one sentence.
final class PlaneStartTest {
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aBusyPortIsOneSentenceAndNothingStaysBehind(boolean adapter) throws Exception {
    try (ServerSocket busy = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int port = busy.getLocalPort();
      int other = freePort();
      PlaneConfig config =
          PlaneConfig.defaults().onPorts(adapter ? other : port, adapter ? port : other);

      assertThatThrownBy(() -> Plane.start(config, List.of(), "dev", new MonotonicTime()).close())
          .isInstanceOf(StartFault.class)
          .hasMessage(
              "%s.port %d is in use on 127.0.0.1; set another one, or 0 for any free port"
                  .formatted(adapter ? "adapter" : "observation", port));
      new ServerSocket(other, 1, InetAddress.getLoopbackAddress()).close();
    }
  }

  @Test
  void moreTargetsThanAllowedAreRefused() {
    PlaneConfig defaults = PlaneConfig.defaults().onPorts(0, 0);
    PlaneConfig one =
        new PlaneConfig(
            "",
            defaults.profiles(),
            defaults.kubernetes(),
            defaults.adapter(),
            defaults.observation(),
            defaults.apis(),
            defaults.keda(),
            new PlaneConfig.Scrape(Duration.ofSeconds(1), 1_000_000, 2_000_000, 1, 1),
            defaults.act(),
            Duration.ZERO);
    List<ModelPool> two = PoolsFile.parse(pool("a") + "---\n" + pool("b")).pools();

    assertThatThrownBy(() -> Plane.start(one, two, "dev", new MonotonicTime()).close())
        .isInstanceOf(StartFault.class)
        .hasMessage("the pools list 2 endpoints, but maxTargets is 1");
  }

  @ParameterizedTest
  @CsvSource({
    "adapter, 0.0.0.0, AUTO",
    "adapter, 127.0.0.1, DELEGATED",
    "observation, 0.0.0.0, AUTO",
    "observation, 127.0.0.1, DELEGATED",
  })
  void withoutAClusterNobodyIsServedWhoWouldHaveToBeKnown(
      String section, String host, Authentication authentication) {
    PlaneConfig defaults = PlaneConfig.defaults().onPorts(0, 0).reaching(KubernetesSection.off());
    boolean adapter = section.equals("adapter");
    PlaneConfig open =
        new PlaneConfig(
            "",
            defaults.profiles(),
            defaults.kubernetes(),
            adapter
                ? new PlaneConfig.Adapter(
                    host, 0, authentication, Optional.empty(), Optional.empty(), Optional.empty())
                : defaults.adapter(),
            adapter ? defaults.observation() : new PlaneConfig.Observation(host, 0, authentication),
            defaults.apis(),
            defaults.keda(),
            defaults.scrape(),
            defaults.act(),
            Duration.ZERO);

    assertThatThrownBy(() -> Plane.start(open, List.of(), "dev", new MonotonicTime()).close())
        .isInstanceOf(StartFault.class)
        .hasMessageStartingWith(section + ".authentication needs the Kubernetes API");
  }

  @Test
  void anOpenServerOffLoopbackIsAStartFault() {
    PlaneConfig defaults = PlaneConfig.defaults().onPorts(0, 0).reaching(KubernetesSection.off());
    PlaneConfig open =
        new PlaneConfig(
            "",
            defaults.profiles(),
            defaults.kubernetes(),
            defaults.adapter(),
            new PlaneConfig.Observation("0.0.0.0", 0, Authentication.NONE),
            defaults.apis(),
            defaults.keda(),
            defaults.scrape(),
            defaults.act(),
            Duration.ZERO);

    assertThatThrownBy(() -> Plane.start(open, List.of(), "dev", new MonotonicTime()).close())
        .isInstanceOf(StartFault.class)
        .hasMessageContaining("observation.host '0.0.0.0' is not a loopback address");
  }

  @Test
  void aWriterWithoutAClusterIsAStartFault() {
    PlaneConfig defaults = PlaneConfig.defaults().onPorts(0, 0);
    PlaneConfig writing =
        new PlaneConfig(
            "",
            defaults.profiles(),
            new KubernetesSection(
                KubernetesSection.Mode.OFF, Optional.empty(), List.of(), List.of()),
            defaults.adapter(),
            defaults.observation(),
            defaults.apis(),
            defaults.keda(),
            defaults.scrape(),
            new ActConfig(true, false, false, true, defaults.act().lease()),
            Duration.ZERO);

    assertThatThrownBy(() -> Plane.start(writing, List.of(), "dev", new MonotonicTime()).close())
        .isInstanceOf(StartFault.class)
        .hasMessageStartingWith("act: writing needs the Kubernetes API");
  }

  private static String pool(String name) {
    return """
    apiVersion: inferscale.dev/v1alpha1
    kind: ModelPool
    metadata: {name: %s, namespace: red}
    spec: {model: m, source: {endpoints: ["http://127.0.0.1:1/metrics"]}}
    """
        .formatted(name);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
