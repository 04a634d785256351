package dev.inferscale.signals;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.inferscale.signals.exposition.Limits;
import dev.inferscale.signals.pool.ModelPool;
import dev.inferscale.signals.pool.Target;
import dev.inferscale.signals.profile.Profile;
import dev.inferscale.signals.profile.Profiles;
import dev.inferscale.signals.profile.Reading;
import dev.inferscale.signals.profile.Reading.Gauge;
import dev.inferscale.signals.window.FetchFault;
import dev.inferscale.signals.window.Outcome;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What pages in front of a pool are read as.
class FrontPagesTest {
  private static final ModelPool POOL = Pools.pool("chat");
  private static final Target FRONT =
      new Target(POOL.id(), "g:1", URI.create("http://g:1/metrics")).inFront();

  private final EnginePages pages = new EnginePages(Profiles.bundled(), Limits.DEFAULTS);

  private static String sample(String name) {
    try (InputStream page = Profiles.class.getResourceAsStream(name)) {
      assertThat(page).as(name).isNotNull();
      return new String(page.readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Outcome.Asked asked(String page) {
    return asked(pages, page);
  }

  private static Outcome.Asked asked(EnginePages pages, String page) {
    return pages.read(POOL, FRONT, page.getBytes(UTF_8), "", ManualTime.START);
  }

  private Reading read(String page) {
    Outcome.Asked asked = asked(page);
    assertThat(asked).isInstanceOf(Outcome.Read.class);
    return ((Outcome.Read) asked).reading();
  }

  private Outcome.Failed failed(String page) {
    Outcome.Asked asked = asked(page);
    assertThat(asked).isInstanceOf(Outcome.Failed.class);
    return (Outcome.Failed) asked;
  }

  @ParameterizedTest
  @CsvSource({
    "llm-d-epp-idle.prom, llm-d-epp, 0",
    "llm-d-epp-loaded.prom, llm-d-epp, 0",
    "dynamo-frontend-idle.prom, dynamo-frontend, 0",
    "dynamo-frontend-loaded.prom, dynamo-frontend, 0",
    "vllm-overloaded.prom, vllm, 324"
  })
  void theQueueOfAPageIsRead(String file, String profile, double waiting) {
    Reading reading = read(sample(file));

    assertThat(reading.profile()).isEqualTo(profile);
    assertThat(reading.gauge(Gauge.REQUESTS_WAITING)).isEqualTo(waiting);
  }

  /// The picker writes its older names beside the new ones, and a series for each tenant.
  @Test
  void twinsOfOneQueueCountOnceAndItsTenantsAreAdded() {
    String page =
        """
        # TYPE llm_d_epp_flow_control_queue_size gauge
        llm_d_epp_flow_control_queue_size{fairness_id="a",model_name="x",priority="0"} 3
        llm_d_epp_flow_control_queue_size{fairness_id="b",model_name="y",priority="1"} 4
        # TYPE inference_extension_flow_control_queue_size gauge
        inference_extension_flow_control_queue_size{fairness_id="a",model_name="x",priority="0"} 3
        inference_extension_flow_control_queue_size{fairness_id="b",model_name="y",priority="1"} 4
        """;

    assertThat(read(page).gauge(Gauge.REQUESTS_WAITING)).isEqualTo(7);
    assertThat(read(page.replace("llm_d_epp", "other")).gauge(Gauge.REQUESTS_WAITING)).isEqualTo(7);
    // Nobody has counted them.
    assertThat(read(page).gauge(Gauge.TOKENS_WAITING)).isNaN();
  }

  @Test
  void aQueueWhoseSeriesComeWithTheFirstRequestIsEmptyOnlyWhereThereIsOne() {
    String fresh =
        sample("llm-d-epp-idle.prom")
            .lines()
            .filter(line -> !line.contains("flow_control_queue_size"))
            .reduce("", (text, line) -> text + line + "\n");
    String off =
        fresh
            .lines()
            .filter(line -> !line.contains("flow_control"))
            .reduce("", (text, line) -> text + line + "\n");

    assertThat(read(fresh).gauge(Gauge.REQUESTS_WAITING)).isZero();
    assertThat(failed(off).fault()).isEqualTo(FetchFault.EMPTY);
    assertThat(failed(off).detail()).contains("switch its feature gate flowControl on");
  }

  @Test
  void aRouterThatRepeatsTheQueuesOfItsPodsIsRefused() {
    Outcome.Failed refused = failed(sample("production-stack-router-loaded.prom"));

    assertThat(refused.fault()).isEqualTo(FetchFault.REFUSED);
    assertThat(refused.detail())
        .isEqualTo(
            "no profile recognises the page; profiles of fronts: llm-d-epp, dynamo-frontend,"
                + " inference-worker, sglang, vllm");
  }

  @Test
  void noEngineIsReadAsAFrontAndNoFrontAsAnEngine() {
    Target serving = new Target(POOL.id(), "a:1", URI.create("http://a:1/metrics"));
    Outcome.Asked asked =
        pages.read(
            POOL, serving, sample("llm-d-epp-loaded.prom").getBytes(UTF_8), "", ManualTime.START);

    assertThat(asked).isInstanceOf(Outcome.Failed.class);
    assertThat(pages.engines()).doesNotContain("llm-d-epp", "dynamo-frontend");
  }

  @Test
  void ofAGatewayForSeveralPoolsOnlyTheQueueOfTheModelCounts() {
    Profile gateway =
        Profile.parse(
            """
            name: gateway
            front: true
            detect: {prefixes: ["gate_"]}
            labels: {model: [model]}
            gauges: {requests_waiting: [gate_waiting]}
            """);
    EnginePages own = new EnginePages(Profiles.bundled().with(List.of(gateway)), Limits.DEFAULTS);
    String others = "gate_waiting{model=\"acme/other\"} 9\n";

    // What the gateway shows first may be another pool's alone.
    assertThat(asked(own, others))
        .isInstanceOfSatisfying(
            Outcome.Failed.class, failed -> assertThat(failed.detail()).contains("acme/other"));
    assertThat(asked(own, others + "gate_waiting{model=\"" + POOL.model() + "\"} 2\n"))
        .isInstanceOfSatisfying(
            Outcome.Read.class,
            read -> assertThat(read.reading().gauge(Gauge.REQUESTS_WAITING)).isEqualTo(2));
  }
}
