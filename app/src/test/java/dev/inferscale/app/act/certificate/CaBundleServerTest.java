package dev.inferscale.app.act.certificate;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.inferscale.adapter.certificate.Keytool;
import dev.inferscale.adapter.certificate.Pem;
import dev.inferscale.app.act.Cluster;
import dev.inferscale.app.act.outbox.Clock;
import dev.inferscale.app.act.outbox.Outbox;
import dev.inferscale.app.act.outbox.WriteCounts;
import dev.inferscale.app.apis.MetricsApi;
import dev.inferscale.app.apis.Mode;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Whose APIServices get which authorities, against a server.
final class CaBundleServerTest {
  private static final String FOLDER = "/apis/apiregistration.k8s.io/v1/apiservices/";
  private static final String EXTERNAL = FOLDER + "v1beta1.external.metrics.k8s.io";
  private static final String CUSTOM = FOLDER + "v1beta2.custom.metrics.k8s.io";

  @TempDir private Path folder;
  private final Clock time = new Clock();
  private final WriteCounts counts = new WriteCounts();
  private final AtomicBoolean leads = new AtomicBoolean(true);
  private StubObjects server;
  private volatile List<X509Certificate> trusted;

  @BeforeEach
  void start() throws Exception {
    server = new StubObjects(folder);
    trusted = List.of(authority());
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void oursGetTheAuthorityOnceAndAnothersIsLeftAlone() throws Exception {
    server.put(EXTERNAL, leadingTo("inferscale", "inferscale"));
    server.put(CUSTOM, leadingTo("monitoring", "prometheus-adapter"));
    CaBundleWriter writer = writer(outbox());
    look(writer);
    look(writer);

    assertThat(bundle(EXTERNAL)).isEqualTo(trusted);
    assertThat(bundle(CUSTOM)).isEmpty();
    assertThat(server.writes).containsExactly("PATCH " + EXTERNAL);
  }

  @ParameterizedTest
  @CsvSource({"AUTO, 2", "EXTERNAL, 2", "KEDA, 1", "CUSTOM, 1", "NONE, 0"})
  void whatTheModeDoesNotGiveUsIsNotEvenLookedAt(Mode mode, int writes) throws Exception {
    server.put(EXTERNAL, leadingTo("inferscale", "inferscale"));
    server.put(CUSTOM, leadingTo("inferscale", "inferscale"));
    look(writer(outbox(), mode));

    assertThat(server.writes).hasSize(writes);
    assertThat(bundle(EXTERNAL).isEmpty()).isEqualTo(!mode.mayOwn(MetricsApi.EXTERNAL));
  }

  @Test
  void whatIsKedasStaysAsItIsInEveryMode() throws Exception {
    server.put(EXTERNAL, leadingTo("keda", "keda-operator-metrics-apiserver"));
    String before = Objects.requireNonNull(server.get(EXTERNAL)).toString();
    for (Mode mode : Mode.values()) {
      look(writer(outbox(), mode));
    }

    assertThat(server.writes).isEmpty();
    assertThat(server.get(EXTERNAL)).hasToString(before);
  }

  @Test
  void anAuthorityThatNobodyTrustsAnyMoreStaysForAWhile() throws Exception {
    server.put(EXTERNAL, leadingTo("inferscale", "inferscale"));
    CaBundleWriter writer = writer(outbox());
    look(writer);
    X509Certificate old = trusted.getFirst();
    trusted = List.of(authority());

    look(writer);
    assertThat(bundle(EXTERNAL)).containsExactly(trusted.getFirst(), old);

    time.advance(CaBundleWriter.KEPT);
    look(writer);
    assertThat(bundle(EXTERNAL)).isEqualTo(trusted);
  }

  @Test
  void nonsenseIsReplacedAndASkippedCheckIsTheOwnersChoice() throws Exception {
    ObjectNode nonsense = leadingTo("inferscale", "inferscale");
    nonsense.withObject("/spec").put("caBundle", "not base64!");
    server.put(EXTERNAL, nonsense);
    ObjectNode unchecked = leadingTo("inferscale", "inferscale");
    unchecked.withObject("/spec").put("insecureSkipTLSVerify", true);
    server.put(CUSTOM, unchecked);

    look(writer(outbox()));

    assertThat(bundle(EXTERNAL)).isEqualTo(trusted);
    assertThat(bundle(CUSTOM)).isEmpty();
  }

  @Test
  void onlyWhoLeadsWritesAndOnlyWhatIsAgreed() throws Exception {
    server.put(EXTERNAL, leadingTo("inferscale", "inferscale"));
    CaBundleWriter writer = writer(outbox());
    leads.set(false);
    look(writer);
    leads.set(true);
    List<X509Certificate> agreed = trusted;
    trusted = List.of();
    look(writer);
    assertThat(server.writes).isEmpty();

    trusted = agreed;
    look(writer);
    assertThat(bundle(EXTERNAL)).isEqualTo(agreed);
  }

  @Test
  void aDryRunPrintsThePatch() throws Exception {
    server.put(EXTERNAL, leadingTo("inferscale", "inferscale"));
    List<String> lines = new ArrayList<>();
    look(writer(Outbox.printing(lines::add, counts, time)));

    assertThat(server.writes).isEmpty();
    assertThat(lines).singleElement().asString().contains("\"caBundle\":\"", "\"ca_bundle\"");
  }

  private void look(CaBundleWriter writer) throws InterruptedException {
    writer.write(time.instant(), time.instant());
    time.advance(Duration.ofSeconds(10));
  }

  private Outbox outbox() {
    return Outbox.sending(server.api(), leads::get, counts, time);
  }

  private CaBundleWriter writer(Outbox outbox) {
    return writer(outbox, Mode.AUTO);
  }

  private CaBundleWriter writer(Outbox outbox, Mode mode) {
    return new CaBundleWriter(
        server.api(), outbox, counts, SelfSignedConfig.defaults(), () -> trusted, mode);
  }

  private X509Certificate authority() throws Exception {
    return Keytool.authority(time.instant(), Duration.ofDays(30)).certificate();
  }

  private static ObjectNode leadingTo(String namespace, String service) {
    return Cluster.tree(
        "{kind: APIService, metadata: {}, spec: {service: {namespace: %s, name: %s}}}"
            .formatted(namespace, service));
  }

  private List<X509Certificate> bundle(String path) throws Exception {
    String text = Objects.requireNonNull(server.get(path)).path("spec").path("caBundle").asText("");
    return Pem.certificates(Base64.getDecoder().decode(text.getBytes(UTF_8)));
  }
}
